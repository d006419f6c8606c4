import type { Settings } from "./settings.ts";

/**
 * A provider that has a bad day as well: it times out after the effect for some of the calls that move money, fails before it for others, is slow, and
 * its webhooks come twice, late and in any order. `drill -- chaos` is harder on the shop; this is what a busy day may bring.
 */
const TROUBLE = {
  rules: [
    {
      match: { method: "POST", path: "^/v1/(payment_intents|refunds)", probability: 0.02 },
      effect: "timeout_after",
      ms: 1_000,
    },
    {
      match: { method: "POST", path: "^/v1/(payment_intents|refunds)", probability: 0.01 },
      effect: "error_before",
      status: 500,
      should_retry: true,
    },
    { match: { path: "/v1/payment_intents" }, effect: "latency", ms: [20, 120] },
  ],
  webhooks: { duplicate: 1, delay_ms: [0, 2_000], reorder: true },
};

/** Puts the provider into the state that was asked for. */
export async function troubleProvider(
  bank: string,
  { seed, faults }: Pick<Settings, "seed" | "faults">,
): Promise<void> {
  const url = `${bank}/_control/faults`;
  const response =
    faults === "provider"
      ? await fetch(url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...TROUBLE, seed }),
        })
      : await fetch(url, { method: "DELETE" });
  if (!response.ok) throw new Error(`the stand-in for Stripe answered ${response.status}: ${await response.text()}`);
}
