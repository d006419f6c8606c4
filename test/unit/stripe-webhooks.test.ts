import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { StripeStandin } from "../../dev/stripe/server.ts";
import { createStripeStandin } from "../../dev/stripe/server.ts";

/** Goal: a receiver that works here works at Stripe: it verifies raw bodies, is retried, and gets things twice. */
type Received = { readonly body: string; readonly signature: string };

let standin: StripeStandin;
let stripe: Stripe;
let endpoint: Stripe.WebhookEndpoint;
let received: Received[];
/** The statuses to answer with, first to last; 200 when there is none left. */
let statuses: number[];

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    received.push({ body: Buffer.concat(chunks).toString(), signature: String(request.headers["stripe-signature"]) });
    response.writeHead(statuses.shift() ?? 200, { location: "/elsewhere" }).end();
  });
});

beforeEach(async () => {
  received = [];
  statuses = [];
  const deliveries = { retry_delays_ms: [20, 40], timeout_ms: 1_000, concurrency_max: 4 };
  standin = await createStripeStandin({ port: 0, deliveries });
  stripe = new Stripe("sk_test_x", { host: "127.0.0.1", port: standin.port, protocol: "http", maxNetworkRetries: 0 });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  // SAFETY: a server that listens on a port has an address with a port.
  const { port } = receiver.address() as AddressInfo;
  endpoint = await stripe.webhookEndpoints.create({ url: `http://127.0.0.1:${port}/hook`, enabled_events: ["*"] });
});
afterEach(async () => {
  await standin.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

function pay() {
  return stripe.paymentIntents.create({
    amount: 2_000,
    currency: "usd",
    payment_method: "pm_card_visa",
    confirm: true,
    allowed_payment_method_types: ["card"],
  });
}

async function post(path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${standin.url}/_control/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function arrived(count: number): Promise<Stripe.Event[]> {
  await vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(count), { timeout: 3_000, interval: 10 });
  // SAFETY: the bodies are those of the stand-in, whose shapes have a test of their own.
  return received.map(({ body }) => JSON.parse(body) as Stripe.Event);
}

test("deliveries carry a signature that the SDK accepts, and whole events", async () => {
  const intent = await pay();
  const events = await arrived(3);
  expect(events.map((event) => event.type).toSorted()).toEqual([
    "charge.succeeded",
    "payment_intent.created",
    "payment_intent.succeeded",
  ]);
  for (const { body, signature } of received) {
    const event = await stripe.webhooks.constructEventAsync(body, signature, endpoint.secret ?? "");
    expect(event).toMatchObject({ object: "event", livemode: false, api_version: Stripe.API_VERSION });
    expect(event.request?.id).toMatch(/^req_/);
  }
  const created = events.find((event) => event.type === "payment_intent.created");
  expect(created?.data.object).toMatchObject({ id: intent.id, status: "requires_payment_method" });
});

test("what the receiver does not take is sent again until it does, and a redirect is not taking it", async () => {
  statuses = [500, 302, 500];
  await pay();
  await arrived(6);
  await vi.waitFor(async () => {
    const events = await stripe.events.list({ delivery_success: false });
    expect(events.data).toEqual([]);
  });
  const log: unknown = await (await fetch(`${standin.url}/_control/deliveries`)).json();
  expect(JSON.stringify(log).match(/"retrying"/g)).toHaveLength(3);
  expect(JSON.stringify(log).match(/"delivered"/g)).toHaveLength(3);
});

test("retries end after the last pause, and a redelivery brings the event all the same", async () => {
  statuses = Array.from({ length: 9 }, () => 500);
  await pay();
  await arrived(9);
  await new Promise((resolve) => setTimeout(resolve, 80));
  expect(received).toHaveLength(9);
  const [event] = (await stripe.events.list({ type: "charge.succeeded" })).data;
  await post(`events/${event?.id ?? ""}/redeliver`, {});
  const events = await arrived(10);
  expect(events.at(-1)?.id).toBe(event?.id);
});

test("faults duplicate, rename, date back and spoil what is delivered, and leave the event itself alone", async () => {
  const webhooks = {
    types: ["payment_intent.succeeded"],
    duplicate: 2,
    reorder: true,
    api_version: "2019-12-03",
    rename_fields: { amount_received: "received_amount" },
    signature: "bad",
  };
  await post("faults", { webhooks });
  const intent = await pay();
  const events = await arrived(5);
  const spoiled = events.filter((event) => event.type === "payment_intent.succeeded");
  expect(spoiled).toHaveLength(3);
  expect(spoiled[0]).toMatchObject({ api_version: "2019-12-03", data: { object: { received_amount: 2_000 } } });
  const copy = received.find(({ body }) => body.includes("received_amount"));
  const verified = stripe.webhooks.constructEventAsync(copy?.body ?? "", copy?.signature ?? "", endpoint.secret ?? "");
  await expect(verified).rejects.toBeInstanceOf(Stripe.errors.StripeSignatureVerificationError);
  const kept = await stripe.events.retrieve(spoiled[0]?.id ?? "");
  expect(kept.data.object).toMatchObject({ id: intent.id, amount_received: 2_000 });
});

test("held deliveries wait until the fault is taken back", async () => {
  await post("faults", { webhooks: { hold: true } });
  await pay();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(received).toEqual([]);
  await fetch(`${standin.url}/_control/faults`, { method: "DELETE" });
  await arrived(3);
});

test("while a secret is rolled, the old and the new one both verify", async () => {
  const rolled: unknown = await (
    await post(`webhook_endpoints/${endpoint.id}/roll`, { secret: "whsec_new_secret" })
  ).json();
  expect(rolled).toMatchObject({ secret: "whsec_new_secret", previous_secret: endpoint.secret });
  await pay();
  await arrived(3);
  for (const secret of ["whsec_new_secret", endpoint.secret ?? ""]) {
    const { body, signature } = received[0] ?? { body: "", signature: "" };
    await expect(stripe.webhooks.constructEventAsync(body, signature, secret)).resolves.toBeDefined();
  }
});

test("an event that nothing caused can be sent, about an object of nobody", async () => {
  await post("events", { type: "payout.paid", object: { id: "po_1", object: "payout", amount: 5 } });
  const [event] = await arrived(1);
  expect(event).toMatchObject({ type: "payout.paid", data: { object: { id: "po_1" } }, request: { id: null } });
});
