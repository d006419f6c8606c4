import { once } from "node:events";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What a path answers: a status per call, the last one for ever; `hang` for no answer at all. */
export type ReceiverScript = readonly (number | "hang")[];

/** Somebody else's system: takes webhooks on any path, and answers as it was told to. */
export interface Receiver {
  url(path: string): string;
  script(path: string, script: ReceiverScript): void;
  /** What came in on a path, oldest first. */
  at(path: string): ReceivedWebhook[];
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const scripts = new Map<string, ReceiverScript>();
  const received: ReceivedWebhook[] = [];
  const at = (path: string): ReceivedWebhook[] => received.filter((one) => one.path === path);
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const path = request.url ?? "/";
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      received.push({ path, headers, body });
      const script = scripts.get(path) ?? [200];
      const answer = script[Math.min(at(path).length, script.length) - 1] ?? 200;
      if (answer !== "hang") response.writeHead(answer).end(`answered ${answer}`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: (path) => `http://127.0.0.1:${address.port}${path}`,
    script: (path, script) => void scripts.set(path, script),
    at,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The event, or an exception when the package's own verifier does not take it. */
export function verified(
  secret: string,
  { body, headers }: ReceivedWebhook,
): { type: string; data: { order: { id: string } } } {
  // SAFETY: the verifier answers the parsed body; the test names the shape it expects and fails where it is another.
  return new Webhook(secret).verify(body, headers) as { type: string; data: { order: { id: string } } };
}
