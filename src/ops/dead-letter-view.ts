import type { CauseCount, LetterHead, StoredLetter } from "../../durable-objects/dead-letters/table.ts";
import { diagnose } from "../domain/dead-letter.ts";
import type { QueueName } from "../domain/messages.ts";
import { time } from "./context.ts";
import { hideSecrets } from "./hidden.ts";

export const headView = ({ seq, messageId, cause, status, attempts, at, settled }: LetterHead) => ({
  seq,
  message_id: messageId,
  cause,
  status,
  attempts,
  at: time(at),
  ...(settled && { settled: { at: time(settled.at), by: settled.by, reason: settled.why } }),
});

/** One letter in full, read again with what this release knows: what was unparseable when it died may be readable by now. */
export const letterView = ({ body, ...head }: StoredLetter, queue: QueueName) => {
  const diagnosis = diagnose(queue, body);
  const shown = hideSecrets(body);
  return {
    ...headView(head),
    queue,
    parseable: diagnosis.kind !== "unparseable",
    ...(diagnosis.kind === "unparseable"
      ? { mismatches: diagnosis.mismatches.map((found) => ({ ...found, actual: hideSecrets(found.actual) })) }
      : { id: diagnosis.message.id, type: diagnosis.message.type, last_error: null }),
    body: jsonOrText(shown),
  };
};

export const causeCountView = ({ cause, count, firstAt, lastAt }: CauseCount) => ({
  cause,
  count,
  first_at: time(firstAt),
  last_at: time(lastAt),
});

/** A body that is not JSON is the very thing to look at. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
