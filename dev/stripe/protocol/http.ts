import type { IncomingMessage, ServerResponse } from "node:http";

const BODY_BYTES_MAX = 262_144;

export type HttpRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
};

export type Answer =
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** No answer: the connection is held for `after_ms` and then reset. `hold` is told how to do that sooner, and answers whom to tell when it is over. */
  | { readonly kind: "cut"; readonly after_ms: number; readonly hold: (reset: () => void) => () => void };

export function json(status: number, value: unknown): Answer {
  return {
    kind: "reply",
    status,
    headers: { "content-type": "application/json" },
    body: `${JSON.stringify(value, null, 2)}\n`,
  };
}

export class BodyTooLarge extends Error {}

export async function readRequest(incoming: IncomingMessage): Promise<HttpRequest> {
  const target = incoming.url ?? "/";
  const mark = target.indexOf("?");
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return {
    method: incoming.method ?? "GET",
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? "" : target.slice(mark + 1),
    headers,
    body: await readBody(incoming),
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    // SAFETY: no encoding was set on the stream, so it yields Buffers.
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > BODY_BYTES_MAX) throw new BodyTooLarge(`The body is larger than ${BODY_BYTES_MAX} bytes.`);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

export function writeAnswer(answer: Answer, outgoing: ServerResponse): void {
  switch (answer.kind) {
    case "reply":
      outgoing.writeHead(answer.status, { ...answer.headers, "content-length": Buffer.byteLength(answer.body) });
      outgoing.end(answer.body);
      return;
    case "cut":
      cut(outgoing, answer);
      return;
  }
}

function cut(outgoing: ServerResponse, { after_ms, hold }: Extract<Answer, { kind: "cut" }>): void {
  const { socket } = outgoing;
  const reset = (): void => void socket?.resetAndDestroy();
  const timer = setTimeout(reset, after_ms);
  const letGo = hold(reset);
  outgoing.once("close", () => {
    clearTimeout(timer);
    letGo();
  });
}
