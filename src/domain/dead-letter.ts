import { causeName } from "./fingerprint.ts";
import { MESSAGE_SCHEMAS } from "./message-schemas.ts";
import { messageOf } from "./message-text.ts";
import type { QueueMessages, QueueName } from "./messages.ts";
import { type Mismatch, mismatchesOf, placeOf } from "./mismatch.ts";

/** Why a message died, as far as its body tells: the platform hands over the body and the number of deliveries, and no error. */
export type Diagnosis =
  /** Its queue's schema refuses it. The same code will refuse it again. */
  | { readonly kind: "unparseable"; readonly cause: string; readonly mismatches: readonly Mismatch[] }
  /** It reads well, so something failed each time it was handled; the error is in the logs, under the message's id. */
  | { readonly kind: "gave_up"; readonly cause: string; readonly message: QueueMessages[QueueName] };

/** Reads a dead message again, with what this release knows. `body` is text as of `textOf`. */
export function diagnose(queue: QueueName, body: string): Diagnosis {
  const value = valueOf(body);
  if (!value) {
    const mismatches = [{ path: "", expected: "JSON", actual: `a text of ${body.length} characters` }];
    return { kind: "unparseable", cause: causeName("unparseable", ["json"]), mismatches };
  }
  const parsed = MESSAGE_SCHEMAS[queue].safeParse(value.json);
  if (!parsed.success) {
    const mismatches = mismatchesOf(parsed.error, value.json);
    const [first] = mismatches;
    const cause = causeName("unparseable", [placeOf(first?.path ?? ""), first?.expected ?? ""]);
    return { kind: "unparseable", cause, mismatches };
  }
  // SAFETY: it has just been read by the queue's schema. The value and not the result is used, so that what a newer release wrote into
  // the message is not lost on the way.
  const message = value.json as QueueMessages[QueueName];
  return { kind: "gave_up", cause: `gave_up.${message.type}`, message };
}

function valueOf(body: string): { readonly json: unknown } | undefined {
  try {
    return { json: messageOf(body) };
  } catch {
    return undefined;
  }
}
