/** Goal: every event reaches every endpoint that wants it. Threat: one sick endpoint, or one bad message, takes the others with it. */
import { expect, test } from "vitest";
import type { WebhookEvent } from "../../durable-objects/webhook-endpoint/webhook-endpoint.ts";
import { eventOf } from "../../src/ops/webhooks/event.ts";
import { notify, type NotifyEnv } from "../../src/ops/webhooks/notify.ts";

const low = (n: number) => ({
  v: 1 as const,
  type: "stock.low" as const,
  id: `stock.low:A:${n}`,
  sku: "A",
  available: 3,
  onHand: 5,
  reserved: 2,
  threshold: 10,
  at: 1_800_000_000_000,
});

function message(body: unknown) {
  const outcome: { is?: string } = {};
  const settle = (is: string) => () => void (outcome.is = is);
  return { outcome, raw: { id: "m", body, attempts: 1, ack: settle("ack"), retry: settle("retry") } };
}

/** Endpoints by id with their filters; those in `sick` throw. `"down"` for a registry that cannot be read. */
function platform(endpoints: Record<string, string[]> | "down", sick: readonly string[] = []) {
  const accepted: Record<string, readonly WebhookEvent[]> = {};
  const rows = Object.entries(endpoints === "down" ? {} : endpoints).map(([id, events]) => ({
    id,
    url: "https://example.com/",
    events: JSON.stringify(events),
    description: "",
    status: "enabled",
    reason: null,
  }));
  const all = async () => {
    if (endpoints === "down") throw new Error("D1_ERROR");
    return { results: rows };
  };
  const env = {
    DB: { prepare: () => ({ all }) },
    WEBHOOK_ENDPOINT: {
      getByName: (id: string) => ({
        accept: async (events: readonly WebhookEvent[]) => {
          if (sick.includes(id)) throw new Error("object is away");
          accepted[id] = events;
          return { added: events.length };
        },
      }),
    },
  };
  // SAFETY: the consumer only prepares the one statement that lists endpoints.
  return { accepted, env: env as unknown as NotifyEnv };
}

const deliver = async (bodies: readonly unknown[], env: NotifyEnv) => {
  const messages = bodies.map(message);
  await notify({ queue: "notifications", messages: messages.map(({ raw }) => raw) }, env);
  return messages.map(({ outcome }) => outcome.is);
};

test("one call per endpoint with all events that it wants, and none for one that wants none", async () => {
  const { env, accepted } = platform({ we_1: ["stock.*"], we_2: ["*"], we_3: ["order.paid"] });
  expect(await deliver([low(1), low(2)], env)).toEqual(["ack", "ack"]);
  expect(Object.entries(accepted).map(([id, events]) => [id, events.length])).toEqual([
    ["we_1", 2],
    ["we_2", 2],
  ]);
});

test("an endpoint that cannot be told has its messages come again; what no other wants is done", async () => {
  const { env, accepted } = platform({ we_1: ["stock.low"], we_2: ["endpoint.*"] }, ["we_1"]);
  const endpoint = {
    id: "we_9",
    url: "https://h.example/T0P-SECRET",
    events: ["*"],
    description: "",
    status: "disabled",
  };
  const disabled = {
    v: 1,
    type: "endpoint.disabled",
    id: "d",
    endpoint: { ...endpoint, reason: "failing", version: 2, createdAt: 1, updatedAt: 1 },
    at: 5,
  };
  expect(await deliver([low(1), disabled], env)).toEqual(["retry", "ack"]);
  expect(accepted["we_2"]?.map(({ type }) => type)).toEqual(["endpoint.disabled"]);
  expect(accepted["we_2"]?.[0]?.body).toContain('"host":"h.example"');
  expect(accepted["we_2"]?.[0]?.body).not.toContain("T0P-SECRET");
});

test("a message that does not parse is retried alone, and without a registry nothing is thought delivered", async () => {
  expect(await deliver([{ v: 1, type: "stock.low" }, low(1)], platform({}).env)).toEqual(["retry", "ack"]);
  expect(await deliver([low(1)], platform("down").env)).toEqual(["retry"]);
});

test("the same message is the same event, in the shape that receivers are promised", async () => {
  const [first, again, other] = await Promise.all([eventOf(low(1)), eventOf(low(1)), eventOf(low(2))]);
  expect(first).toEqual(again);
  expect(first?.id).toMatch(/^evt_[0-9a-f]{32}$/);
  expect(first?.id).not.toBe(other?.id);
  expect(JSON.parse(first?.body ?? "")).toEqual({
    type: "stock.low",
    timestamp: "2027-01-15T08:00:00.000Z",
    data: { sku: "A", available: 3, threshold: 10, on_hand: 5, reserved: 2 },
  });
});
