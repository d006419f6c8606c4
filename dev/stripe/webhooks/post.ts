import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

export type PostResult = { readonly status: number } | { readonly error: string };

/** Posts webhooks over kept connections. Redirects are not followed: to Stripe they are failures. */
export class Poster {
  readonly #timeout_ms: number;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor({ timeout_ms, connections_max }: { timeout_ms: number; connections_max: number }) {
    this.#timeout_ms = timeout_ms;
    this.#http = new HttpAgent({ keepAlive: true, maxSockets: connections_max });
    this.#https = new HttpsAgent({ keepAlive: true, maxSockets: connections_max });
  }

  async post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<PostResult> {
    const first = await this.#once(url, body, headers);
    // The receiver may close a kept connection just as it is used again; that is no failure of the receiver.
    return "stale_connection" in first ? this.#once(url, body, headers) : first;
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #once(
    url: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<PostResult & { stale_connection?: true }> {
    return new Promise((resolve) => {
      const secure = url.startsWith("https:");
      const outgoing = (secure ? httpsRequest : httpRequest)(url, {
        method: "POST",
        agent: secure ? this.#https : this.#http,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
      });
      const timer = setTimeout(() => outgoing.destroy(new Error("timed out")), this.#timeout_ms);
      outgoing.once("response", (response) => {
        response.once("close", () => clearTimeout(timer));
        response.resume();
        resolve({ status: response.statusCode ?? 0 });
      });
      outgoing.once("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const stale = outgoing.reusedSocket && error.code === "ECONNRESET";
        resolve({ error: error.code ?? error.message, ...(stale ? { stale_connection: true } : {}) });
      });
      outgoing.end(body);
    });
  }
}
