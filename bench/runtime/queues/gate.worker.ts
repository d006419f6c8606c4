/**
 * A Worker beside the shop's own, for runs whose queues live outside: it takes a batch over HTTP and hands it to the consumer's `queue` handler,
 * as the platform does. Its types are only written here; `serve.ts` strips them.
 */
interface Consumer {
  queue(name: string, messages: readonly object[]): Promise<unknown>;
}
interface Envelope {
  readonly worker: string;
  readonly queue: string;
  readonly messages: readonly {
    readonly id: string;
    readonly timestamp: number;
    readonly attempts: number;
    readonly contentType: string;
    /** Base64. */
    readonly body: string;
  }[];
}

export default {
  async fetch(request: Request, env: Readonly<Record<string, Consumer>>): Promise<Response> {
    const { worker, queue, messages }: Envelope = await request.json();
    const consumer = env[worker];
    if (!consumer) return new Response(`no consumer ${worker}`, { status: 404 });
    return Response.json(await consumer.queue(queue, messages.map(unwrap)));
  },
};

function unwrap({ id, timestamp, attempts, contentType, body }: Envelope["messages"][number]): object {
  const bytes = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
  const head = { id, timestamp: new Date(timestamp), attempts };
  if (contentType === "v8") return { ...head, serializedBody: bytes };
  if (contentType === "bytes") return { ...head, body: bytes.buffer };
  const text = new TextDecoder().decode(bytes);
  return { ...head, body: contentType === "json" ? JSON.parse(text) : text };
}
