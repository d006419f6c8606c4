import { DURATION_MS } from "../../src/domain/limits.ts";
import { type AttemptOutcome, retryAfterMs } from "../../src/domain/webhook-delivery.ts";

/** What is read of an answer, in bytes: enough for a person to recognise an error page. */
const RESPONSE_BYTES = 1_024;
const ERROR_CHARS = 200;

export interface PostResult extends AttemptOutcome {
  readonly durationMs: number;
  /** The beginning of the answer's body. */
  readonly response?: string | undefined;
}

/** Sends one webhook. Never throws: whatever happens is an outcome. A redirect is not followed, since its target was not judged. */
export async function post(url: string, headers: Record<string, string>, body: string): Promise<PostResult> {
  const started = Date.now();
  const controller = new AbortController();
  // Not AbortSignal.timeout: its timer would run on after the answer and keep the object awake and billed.
  const timer = setTimeout(() => controller.abort(), DURATION_MS.webhookAttempt);
  const result = (outcome: Omit<PostResult, "durationMs">): PostResult => ({
    ...outcome,
    durationMs: Date.now() - started,
  });
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: { ...headers, "content-type": "application/json", "user-agent": "Breakwater-Webhooks/1" },
      body,
      signal: controller.signal,
    });
    const retryAfter = retryAfterMs(response.headers.get("retry-after"), Date.now());
    return result({ status: response.status, retryAfterMs: retryAfter, response: await beginning(response) });
  } catch (error) {
    const late = controller.signal.aborted;
    return result({
      error: late ? `no answer within ${DURATION_MS.webhookAttempt} ms` : String(error).slice(0, ERROR_CHARS),
    });
  } finally {
    clearTimeout(timer);
  }
}

/** A receiver that answers without end is cut off; the time-out covers one that answers slowly. */
async function beginning(response: Response): Promise<string> {
  if (!response.body) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body) {
    text += decoder.decode(chunk.subarray(0, RESPONSE_BYTES - bytes), { stream: true });
    bytes += chunk.byteLength;
    if (bytes >= RESPONSE_BYTES) break;
  }
  return text;
}
