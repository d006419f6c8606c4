import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import Stripe from "stripe";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { StripeStandin } from "../../dev/stripe/server.ts";
import { createStripeStandin } from "../../dev/stripe/server.ts";

/** Threat: the PSP of a shop that is restarted on its state forgets a charge that it has answered for. */
let directory: string;
let state: string;
let running: StripeStandin[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "stripe-standin-"));
  state = join(directory, "journal.jsonl");
  running = [];
});
afterEach(async () => {
  for (const standin of running) await standin.close();
  await rm(directory, { recursive: true });
});

async function start(options: Parameters<typeof createStripeStandin>[0] = {}): Promise<StripeStandin> {
  const standin = await createStripeStandin({ port: 0, state, ...options });
  running.push(standin);
  return standin;
}

function clientOf(port: number): Stripe {
  return new Stripe("sk_test_x", { host: "127.0.0.1", port, protocol: "http", maxNetworkRetries: 0 });
}

function pay(stripe: Stripe, order: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  const parameters: Stripe.PaymentIntentCreateParams = {
    amount: 2_000,
    currency: "usd",
    payment_method: "pm_card_visa",
    confirm: true,
    allowed_payment_method_types: ["card", "us_bank_account"],
    metadata: { order },
    ...more,
  };
  return stripe.paymentIntents.create(parameters, { idempotencyKey: order });
}

/** A list without what differs from one answer to the next. */
async function everything(stripe: Stripe): Promise<unknown> {
  const [intents, charges, refunds, events] = await Promise.all([
    stripe.paymentIntents.list({ limit: 100 }),
    stripe.charges.list({ limit: 100 }),
    stripe.refunds.list({ limit: 100 }),
    stripe.events.list({ limit: 100 }),
  ]);
  return [intents.data, charges.data, refunds.data, events.data];
}

test.each([
  ["line by line", 1_000_000],
  ["rewritten as snapshots", 2_000],
])("after a restart all objects, events and keys are what they were (journal %s)", async (_, journal_bytes_max) => {
  const first = await start({ journal_bytes_max });
  const before = clientOf(first.port);
  const paid = await pay(before, "ord_1");
  await before.refunds.create({ payment_intent: paid.id, amount: 500 });
  await before.paymentIntents.update(paid.id, { metadata: { note: "changed", order: "" } });
  await pay(before, "ord_2", { payment_method: "pm_card_visa_chargeDeclined" }).catch(() => null);
  await pay(before, "ord_3", { payment_method: "pm_usBankAccount" });
  const expected = await everything(before);
  await first.close();
  const second = await start();
  const after = clientOf(second.port);
  expect(await everything(after)).toEqual(expected);
  const replayed = await pay(after, "ord_1");
  expect(replayed).toMatchObject({ id: paid.id, metadata: { order: "ord_1" } });
  expect(replayed.lastResponse.headers["idempotent-replayed"]).toBe("true");
  await after.refunds.create({ payment_intent: paid.id });
  await expect(after.refunds.create({ payment_intent: paid.id })).rejects.toMatchObject({
    code: "charge_already_refunded",
  });
});

test("a debit settles by itself after the configured delay, also when a restart falls into it", async () => {
  const first = await start({ settle_after_ms: 60_000 });
  const { id, status } = await pay(clientOf(first.port), "ord_1", { payment_method: "pm_usBankAccount_accountClosed" });
  expect(status).toBe("processing");
  await first.close();
  const stripe = clientOf((await start({ settle_after_ms: 20 })).port);
  await vi.waitFor(async () =>
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ last_payment_error: { code: "account_closed" } }),
  );
});

test("a line that a crash cut short is dropped; damage in the middle is refused", async () => {
  const first = await start();
  const { id } = await pay(clientOf(first.port), "ord_1");
  await first.close();
  const sound = await readFile(state, "utf8");
  await appendFile(state, '[["row","payment_intent",{"id":"pi_half');
  const second = await start();
  expect(await clientOf(second.port).paymentIntents.retrieve(id)).toMatchObject({ status: "succeeded" });
  await pay(clientOf(second.port), "ord_2");
  await second.close();
  const third = await start();
  expect((await clientOf(third.port).paymentIntents.list()).data).toHaveLength(2);
  await third.close();
  await writeFile(state, sound.replace('[["row"', '[["ro').concat("\n"));
  await expect(createStripeStandin({ port: 0, state })).rejects.toThrow("line 2");
});

test("a directory that is missing is made, and the file of another program is refused by name", async () => {
  await start({ state: join(directory, "not/yet/there.jsonl") });
  await writeFile(state, '{"not":"ours"}\n');
  await expect(createStripeStandin({ port: 0, state })).rejects.toThrow(state);
});

test("webhooks that were still owed are delivered after the restart, to where the endpoint is now", async () => {
  const received: string[] = [];
  const receiver = createServer((request, response) => {
    received.push(String(request.headers["stripe-signature"]));
    request.resume().on("end", () => response.end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  // SAFETY: a server that listens on a port has an address with a port.
  const { port } = receiver.address() as AddressInfo;
  const nowhere = { url: "http://127.0.0.1:9/hook", secret: "whsec_local" };
  const first = await start({ webhook: nowhere });
  await pay(clientOf(first.port), "ord_1");
  await first.close();
  await start({ webhook: { ...nowhere, url: `http://127.0.0.1:${port}/hook` } });
  await vi.waitFor(() => expect(received).toHaveLength(3));
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

test("kill -9 in the middle of payments loses no charge that was answered for and doubles none", async () => {
  const entry = join(import.meta.dirname, "../../dev/stripe/index.ts");
  const child = spawn(process.execPath, [entry], {
    env: { ...process.env, STRIPE_STANDIN_PORT: "0", STRIPE_STANDIN_STATE: state },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line]: unknown[] = await once(createInterface({ input: child.stdout }), "line");
  const stripe = clientOf(Number(/:(\d+)/.exec(String(line))?.[1]));
  const answered: string[] = [];
  const orders = Array.from({ length: 400 }, (_, index) => `ord_${index}`);
  const calls = orders.map(async (order) => {
    const intent = await pay(stripe, order).catch(() => null);
    if (intent === null) return;
    answered.push(intent.id);
    if (answered.length === 60) child.kill("SIGKILL");
  });
  await Promise.all(calls);
  expect(answered.length).toBeGreaterThanOrEqual(60);
  expect(answered.length).toBeLessThan(orders.length);

  const after = clientOf((await start()).port);
  for (const id of answered) {
    expect(await after.paymentIntents.retrieve(id)).toMatchObject({ status: "succeeded" });
  }
  for (const order of orders) await pay(after, order);
  const charged = new Map<unknown, number>();
  for await (const charge of after.charges.list({ limit: 100 })) {
    charged.set(charge.metadata["order"], (charged.get(charge.metadata["order"]) ?? 0) + 1);
  }
  expect(charged.size).toBe(orders.length);
  expect([...charged.values()].every((count) => count === 1)).toBe(true);
}, 20_000);
