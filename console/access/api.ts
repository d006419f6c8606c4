/** Why an answer of the admin API is of no use, in words that can be shown. */
export interface Refusal {
  readonly reason:
    | "unauthorized"
    /** There is no key, and nobody is signed in by Cloudflare Access, or not any more. */
    | "not_signed_in"
    /** Cloudflare Access wants a new sign-in: the shop was not even asked. */
    | "signed_out"
    | "missing_scope"
    | "not_found"
    /** What was to be changed is not any more as whoever asked had seen it. Nothing was done. */
    | "moved"
    /** Nothing was done, for a reason that `detail` says. */
    | "refused"
    /** No answer, or one that something went wrong: with a change, nobody knows what came of it. */
    | "unreachable"
    | "unavailable";
  readonly detail: string;
  readonly scope?: string | undefined;
}
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

interface Problem {
  readonly detail?: string;
  readonly scope?: string;
}

const TIMEOUT_MS = 10_000;
const UNREACHABLE = {
  ok: false,
  refusal: { reason: "unreachable", detail: "The shop cannot be reached. Is it running, and are you online?" },
} as const;

/** The admin API of the shop that served this page. Remembers what it was told last, so that an unchanged answer is not sent again. */
export class Api {
  readonly key: string | undefined;
  readonly #known = new Map<string, { readonly etag: string; readonly value: unknown }>();

  constructor(key: string | undefined) {
    this.key = key;
  }

  /** `path` below /admin/v1. The type is the contract's: answers of our own server are not checked again in the browser. */
  async get<T>(path: string): Promise<Answer<T>> {
    const known = this.#known.get(path);
    const headers = new Headers({ accept: "application/json" });
    if (this.key !== undefined) headers.set("authorization", `Bearer ${this.key}`);
    if (known) headers.set("if-none-match", known.etag);
    try {
      const response = await fetch(`/admin/v1/${path}`, { headers, ...howAsked() });
      // SAFETY: 304 is only answered to a tag that we sent, and the value was kept with it.
      if (response.status === 304 && known) return { ok: true, value: known.value as T };
      if (!response.ok) return { ok: false, refusal: await this.#refusalOf(response) };
      // SAFETY: src/domain/live.ts is what both sides compile against.
      const value = (await response.json()) as T;
      const etag = response.headers.get("etag");
      if (etag !== null) this.#known.set(path, { etag, value });
      return { ok: true, value };
    } catch {
      return UNREACHABLE;
    }
  }

  /** Asks for a change. Not repeated by itself: whoever pressed the button sees what became of it. */
  async send(
    method: "POST" | "PUT",
    path: string,
    body: object = {},
    also: Readonly<Record<string, string>> = {},
  ): Promise<Answer<unknown>> {
    const headers = new Headers({ accept: "application/json", "content-type": "application/json", ...also });
    if (this.key !== undefined) headers.set("authorization", `Bearer ${this.key}`);
    try {
      const response = await fetch(`/admin/v1/${path}`, { method, headers, body: JSON.stringify(body), ...howAsked() });
      return response.ok ? { ok: true, value: undefined } : { ok: false, refusal: await this.#refusalOf(response) };
    } catch {
      return UNREACHABLE;
    }
  }

  async #refusalOf(response: Response): Promise<Refusal> {
    if (response.type === "opaqueredirect") return { reason: "signed_out", detail: "" };
    const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json") ?? false;
    // SAFETY: RFC 9457, and both members are optional.
    const { detail = "", scope } = isProblem ? ((await response.json()) as Problem) : {};
    switch (response.status) {
      case 401:
        return { reason: this.key === undefined ? "not_signed_in" : "unauthorized", detail };
      case 403:
        return { reason: "missing_scope", detail, scope };
      case 404:
        return { reason: "not_found", detail };
    }
    const said = detail || `The shop answered ${response.status}.`;
    if (response.status === 412) return { reason: "moved", detail: said };
    return { reason: response.status < 500 ? "refused" : "unavailable", detail: said };
  }
}

/**
 * The admin API redirects nobody. Cloudflare Access does, to its sign-in on another host, where a request of ours may not follow it: followed, the end of a
 * sign-in would look like a shop that cannot be reached.
 */
const howAsked = () => ({ redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) }) as const;
