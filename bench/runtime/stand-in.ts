import { SECRETS, STRIPE_EVENTS } from "../../scripts/workers.ts";
import { type Bench, freePort } from "./bench.ts";

/** The stand-in for Stripe, as a process of its own; its webhooks go to the front door at this port. Answers its address. */
export async function startStandIn(
  { processes }: Bench,
  doorPort: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  const env = {
    ...settings,
    STRIPE_STANDIN_PORT: String(await freePort()),
    STRIPE_WEBHOOK_URL: `http://127.0.0.1:${doorPort}/webhooks/stripe`,
    STRIPE_WEBHOOK_SECRET: SECRETS["STRIPE_WEBHOOK_SECRET"]?.local,
    // As the README tells a shop to subscribe its endpoint: of the three events that a charge causes it reads one.
    STRIPE_WEBHOOK_EVENTS: STRIPE_EVENTS.join(","),
  };
  const ready = "Stripe stand-in listening on ";
  const { address } = await processes.start({
    name: "the Stripe stand-in",
    args: ["dev/stripe/index.ts"],
    env,
    ready,
  });
  return address;
}
