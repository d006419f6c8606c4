import { LIMITS } from "../../domain/limits.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { readText } from "../../platform/http.ts";

export type UnreadBody =
  | { readonly reason: "body_too_large"; readonly detail: string; readonly limit: number }
  | { readonly reason: "malformed_json"; readonly detail: string };

export interface ReadBody {
  readonly text: string;
  readonly json: unknown;
}

/**
 * The body as JSON, whatever its content type says: browsers label it text/plain, because that needs no preflight. Libraries for phones and
 * for Python may send it compressed; the limit is on what comes out.
 */
export async function readBody(request: Request): Promise<Result<ReadBody, UnreadBody>> {
  const limit = LIMITS.trackingBytes;
  let text: string | undefined;
  try {
    text = await textOf(request, limit);
  } catch (error) {
    return refuse({ reason: "malformed_json", detail: `The body cannot be read: ${String(error)}` });
  }
  if (text === undefined) {
    return refuse({ reason: "body_too_large", detail: `A request may have at most ${limit} bytes.`, limit });
  }
  try {
    return ok({ text, json: JSON.parse(text) });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return refuse({ reason: "malformed_json", detail: `The body is not JSON: ${detail}` });
  }
}

async function textOf(request: Request, limit: number): Promise<string | undefined> {
  if (request.headers.get("content-encoding")?.toLowerCase() === "gzip" && request.body) {
    const plain = request.body.pipeThrough(new DecompressionStream("gzip"));
    return readText({ headers: new Headers(), body: plain }, limit);
  }
  // A length that is stated is what HTTP delivers at most, so the whole body may be read at once, which is much faster.
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  return length <= limit ? request.text() : readText(request, limit);
}
