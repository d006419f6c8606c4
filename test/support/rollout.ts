import { type Answer, expectStatus, type ShopClient, until } from "./client.ts";
import type { Shop } from "./shop.ts";

export interface FlagBody {
  readonly key: string;
  readonly state: string;
  readonly share_percent: number;
  readonly rung: string;
  readonly epoch: number;
  readonly commands: readonly string[];
  readonly guard: { readonly s: number; readonly limit: number };
  readonly evidence: {
    readonly operations: number;
    readonly errors: number;
    readonly operations_needed: number;
  } | null;
  readonly blocked_by: readonly { readonly reason: string; readonly text: string }[];
  readonly errors: readonly { readonly code: string; readonly detail: string; readonly outcome: string }[];
  readonly effect: {
    readonly verdict: string | null;
    readonly strays: number;
    readonly safe_operations: number;
  } | null;
}
export interface DecisionBody {
  readonly kind: string;
  readonly by: string;
  readonly reason: string;
  readonly from: string;
  readonly to: string;
  readonly epoch: number;
  readonly evidence: { readonly rule: string | null; readonly errors_seen: readonly { readonly code: string }[] };
}

export type Command = "start" | "advance" | "approve" | "pause" | "kill" | "rearm";
/** What an isolate was granted is renewed by itself after so long at the latest. */
export const LEASE_RENEWED_MS = 10_500;

/** A guarded flag as its operator sees it. */
export class FlagClient {
  readonly #client: ShopClient;
  readonly #path: string;

  constructor(client: ShopClient, key: string) {
    this.#client = client;
    this.#path = `/admin/v1/flags/${key}`;
  }

  async read(): Promise<FlagBody> {
    return (await expectStatus(200, this.#client.admin<FlagBody>("GET", this.#path))).body;
  }

  async command(type: Command, reason: string = "test"): Promise<FlagBody> {
    return (await expectStatus(200, this.#client.admin<FlagBody>("POST", `${this.#path}/${type}`, { reason }))).body;
  }

  tried(type: Command, reason: string = "test"): Promise<Answer<{ code: string }>> {
    return this.#client.admin("POST", `${this.#path}/${type}`, { reason });
  }

  /** Started and advanced so often: 1 is 1 %, 5 is 100 %. */
  async climb(rungs: number): Promise<FlagBody> {
    let flag = await this.command("start");
    for (let i = 0; i < rungs; i++) flag = await this.command("advance");
    return flag;
  }

  async rehearse(fault: "throw" | null): Promise<void> {
    await expectStatus(200, this.#client.admin("POST", `${this.#path}/rehearse`, { reason: "test", fault }));
  }

  async decisions(): Promise<DecisionBody[]> {
    const { body } = await this.#client.admin<{ data: DecisionBody[] }>("GET", `${this.#path}/decisions?limit=100`);
    return body.data.toReversed();
  }

  settled(test: (flag: FlagBody) => boolean, timeoutMs?: number): Promise<FlagBody> {
    return until(() => this.read(), test, timeoutMs);
  }
}

/** A product that both sides of the shop sell. */
export async function sharedProduct({ client, legacy }: Shop, units: number, price: number = 2_000): Promise<string> {
  const sku = await client.stock(units, price);
  await legacyControl(legacy, "POST", "/products", { sku, name: `Test ${sku}`, price });
  return sku;
}

export interface LegacyStats {
  readonly calls: Readonly<Record<string, number>>;
  readonly carts: number;
  readonly orders: readonly {
    readonly id: string;
    readonly status: string;
    readonly intent?: string;
    readonly cart_id: string;
  }[];
}

export const legacyStats = (legacy: Shop["legacy"]): Promise<LegacyStats> =>
  // SAFETY: the stand-in's own answer; the tests fail where it is another.
  legacyControl(legacy, "GET", "/stats") as Promise<LegacyStats>;

export async function legacyControl(
  legacy: Shop["legacy"],
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  if (!legacy) throw new Error("there is no monolith");
  const init: RequestInit = { method };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(`${legacy.url}/_control${path}`, init);
  return response.json();
}

export const isLegacyId = (id: string): boolean => id.startsWith("lgc_") || id.startsWith("lgo_");
