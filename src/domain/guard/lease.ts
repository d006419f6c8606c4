import { bucketOf, isInside } from "./bucket.ts";
import { type Fault, type Flag, type FlagState, isMirrored, liveShareOf } from "./flag.ts";

/** For how long an isolate may act on what it was told, in ms. It renews long before. */
export const LEASE_MS = 10_000;
/** From this age on it is renewed in the background, so that a shopper does not wait for it. */
export const RENEW_AFTER_MS = 4_000;
/** How old the objects' own knowledge of an epoch may be, in ms. Shorter than a lease: it is what holds when a lease is broken. */
export const FENCE_MS = 5_000;

/** What a coordinator grants an isolate. A value: it is kept and compared, never awaited. */
export interface Lease {
  readonly key: string;
  readonly state: FlagState;
  readonly epoch: number;
  /** In 1/10,000 of the subjects. */
  readonly share: number;
  readonly mirrored: boolean;
  readonly fault: Fault | null;
}

export const leaseOf = (flag: Flag): Lease => ({
  key: flag.key,
  state: flag.state,
  epoch: flag.epoch,
  share: liveShareOf(flag),
  mirrored: isMirrored(flag),
  fault: flag.fault,
});

/** The epoch that a write was decided under; the object that owns the data compares it. */
export interface Fence {
  readonly key: string;
  readonly epoch: number;
}

/** What is true of a flag, as far as writes are concerned. */
export interface FenceState {
  readonly epoch: number;
  readonly open: boolean;
}

export const admits = (current: FenceState, { epoch }: Fence): boolean => current.open && current.epoch === epoch;

/** Salted with the flag's own name, so that those who go first on one path are not those who go first on every path. */
export const isOnNewPath = ({ key, share }: Lease, subject: string): boolean => isInside(bucketOf(key, subject), share);

/** What a caller without a lease does: everything the safe way. */
export const safeLease = (key: string): Lease => ({
  key,
  state: "off",
  epoch: 0,
  share: 0,
  mirrored: false,
  fault: null,
});
