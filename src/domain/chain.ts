/** An entry of a log in which every entry names the one before: what was decided, its number, and the hashes. */
export type Chained<Decision> = Decision & {
  readonly seq: number;
  /** The hash of the entry before. */
  readonly previous: string;
  readonly hash: string;
};

/** Whether such a log is as it was written. */
export interface ChainState {
  readonly intact: boolean;
  /** The number of the first entry that does not fit; what follows it proves nothing. */
  readonly firstBroken: number | null;
}

export interface DecisionPage<Decision> {
  /** Newest first. */
  readonly decisions: readonly Chained<Decision>[];
  readonly chain: ChainState;
}

export const EMPTY_PAGE: DecisionPage<never> = { decisions: [], chain: { intact: true, firstBroken: null } };
