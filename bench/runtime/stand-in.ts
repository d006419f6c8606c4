import { SECRETS } from "../../scripts/workers.ts";
import { type Bench, freePort } from "./bench.ts";

/** As the README tells a shop to subscribe its endpoint. Of the three events that a charge causes it reads one. */
const SUBSCRIBED = [
  "payment_intent.succeeded",
  "payment_intent.payment_failed",
  "payment_intent.processing",
  "payment_intent.requires_action",
  "payment_intent.canceled",
  "refund.created",
  "refund.updated",
  "refund.failed",
];

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
    STRIPE_WEBHOOK_EVENTS: SUBSCRIBED.join(","),
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
