import type { EventRow, JsonObject, Kind, Rows, Subject } from "./rows.ts";

/** Names a row as it is at this point of the journal, so that an event or a reply need not repeat it. */
export type Reference = readonly [kind: Kind, id: string];

/** The answer that an idempotency key stands for. A whole body is kept only where no row can be rendered again. */
export type StoredReply =
  | { readonly status: number; readonly subject: Subject }
  | { readonly status: number; readonly body: string };

export type KeyRecord = {
  readonly id: string;
  readonly created: number;
  readonly path: string;
  readonly fingerprint: string;
  readonly request_id: string;
  readonly reply: StoredReply;
};

type EventLine = Omit<EventRow, "subject"> & { readonly subject: Subject | Reference };
type KeyLine = Omit<KeyRecord, "reply"> & {
  readonly reply: StoredReply | { readonly status: number; readonly of: Reference };
};

/** One change of the state. Live changes and the replay of the journal go through the same operations. */
export type Operation =
  | readonly ["row", kind: Kind, row: Rows[Kind]]
  | readonly ["change", kind: Kind, id: string, fields: JsonObject]
  | readonly ["drop", kind: Kind, id: string]
  | readonly ["event", event: EventLine]
  | readonly ["key", key: KeyLine]
  /** An endpoint took the event, or its attempts are used up. */
  | readonly ["settled", event: string, endpoint: string];

export function isReference(subject: Subject | Reference): subject is Reference {
  return Array.isArray(subject);
}
