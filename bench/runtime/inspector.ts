import { once } from "node:events";
import * as z from "zod";

const targetsSchema = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.url() }));
const replySchema = z.object({
  id: z.int().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});
const profileSchema = z.object({ profile: z.unknown() });
/** In microseconds. V8's default is 1,000, too coarse for calls that take less. */
const SAMPLE_EVERY_US = 200;

/**
 * Begins to take the V8 CPU profile of one Worker; `stop` answers it as Chrome's DevTools open it. Each Worker runs in an isolate of its own. One at a time: every
 * profile that is being taken interrupts the one thread that they share.
 */
export async function startProfile(inspectorPort: number, script: string): Promise<{ stop: () => Promise<string> }> {
  const targets = targetsSchema.parse(await (await fetch(`http://127.0.0.1:${inspectorPort}/json`)).json());
  const url = targets.find(({ id }) => id === `core:user:${script}`)?.webSocketDebuggerUrl;
  if (url === undefined) throw new Error(`the inspector knows no Worker ${script}`);
  const session = await Session.open(url);
  await session.begin();
  return { stop: () => session.end() };
}

/** The Chrome DevTools Protocol with one Worker (https://chromedevtools.github.io/devtools-protocol/v8/Profiler). */
class Session {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.addEventListener("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the inspector went away"));
    });
  }

  static async open(url: string): Promise<Session> {
    const socket = new WebSocket(url);
    await once(socket, "open");
    return new Session(socket);
  }

  async begin(): Promise<void> {
    await this.#call("Profiler.enable");
    await this.#call("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_US });
    await this.#call("Profiler.start");
  }

  async end(): Promise<string> {
    const { profile } = profileSchema.parse(await this.#call("Profiler.stop"));
    this.#socket.close();
    return JSON.stringify(profile);
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#sent;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.#socket.send(JSON.stringify({ id, method, params }));
    return promise;
  }

  #take(text: string): void {
    const { id, result, error } = replySchema.parse(JSON.parse(text));
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || !waiting) return;
    this.#waiting.delete(id);
    if (error) waiting.reject(new Error(error.message));
    else waiting.resolve(result);
  }
}
