import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveBoard } from "../../durable-objects/live-board/live-board.ts";
import { type AlertTold, alertId } from "../../src/domain/alerts/alert.ts";
import { DEFAULT_RULES } from "../../src/domain/alerts/defaults.ts";
import type { AlertRule } from "../../src/domain/alerts/rule.ts";
import { allSlices, parseSlices } from "../../src/domain/events/routing.ts";
import type { AlertNotification } from "../../src/domain/notifications.ts";
import { env, newId, runDueWork, workOf } from "../support/objects.ts";

/**
 * Goal: one breach is one alert, one row of history and one message to other systems, over repeats, disorder and crashes. Threat: an alert
 * that is lost between two objects, one that is told twice, a rule that nobody hears of, an idle shop whose alarm goes on.
 */
const book = (name = "shop") => env.ALERT_BOOK.getByName(name);
/** A book of the test's own, by a new stub each time: one is of no use after its object was aborted. */
function fresh(): () => ReturnType<typeof book> {
  const name = `book-${crypto.randomUUID()}`;
  return () => book(name);
}

let sent: AlertNotification[];
let refuses: boolean;
beforeEach(() => {
  sent = [];
  refuses = false;
  vi.spyOn(Object.getPrototypeOf(env.NOTIFICATIONS_QUEUE) as Queue, "sendBatch").mockImplementation(async function send(
    this: Queue,
    messages,
  ) {
    if (refuses) throw new Error("Queue is overloaded");
    for (const { body } of messages) {
      // SAFETY: only alerts are counted.
      const message = body as AlertNotification;
      // A message may come twice around a crash. It then has the same id, by which the endpoint knows it.
      if (message.type?.startsWith("alert.") && !sent.some(({ id }) => id === message.id)) sent.push(message);
    }
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const told = (type: AlertTold["type"], over: Partial<AlertTold> = {}): AlertTold => {
  const { name, metric, comparator, threshold, clear, severity } = DEFAULT_RULES["stock_low"] as AlertRule;
  return {
    type,
    id: alertId("slice", "stock_low", "SKU", 1_000),
    rule: { id: "stock_low", version: 1, name, metric, comparator, threshold, clear, severity },
    subject: { kind: "product", key: "SKU", name: "Tide Serum" },
    value: type === "fired" ? 4 : 20,
    worst: 4,
    since: 1_000,
    firedAt: 1_000,
    at: type === "fired" ? 1_000 : 2_000,
    ...over,
  };
};
const types = () => sent.map(({ type }) => type);

describe("what slices tell", () => {
  it("is in force once and told once, however often it comes and whatever dies in between", async () => {
    const stub = fresh();
    await stub().take([told("fired"), told("fired")]);
    await stub().take([told("fired")]);
    await abortAllDurableObjects();
    await stub().take([told("fired")]);
    await runDueWork(stub());
    expect((await stub().onBoard()).shown).toMatchObject([{ subject: { key: "SKU" }, value: 4, told: true }]);
    expect(types()).toEqual(["alert.fired"]);
    await stub().take([told("cleared")]);
    await stub().take([told("cleared"), told("fired")]);
    await runDueWork(stub());
    expect((await stub().onBoard()).shown).toEqual([]);
    expect(types()).toEqual(["alert.fired", "alert.cleared"]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(2);
  });

  it("an end that overtakes its beginning brings both, and the beginning that follows changes nothing", async () => {
    const stub = fresh();
    await stub().take([told("cleared")]);
    await stub().take([told("fired")]);
    await vi.waitFor(() => expect(types().toSorted()).toEqual(["alert.cleared", "alert.fired"]));
    expect((await stub().onBoard()).shown).toEqual([]);
    expect(await stub().list({ limit: 10 })).toMatchObject([{ worst: 4, cleared: { at: 2_000, value: 20 } }]);
  });

  it("a crash right after the commit: the message is sent by the alarm", async () => {
    const stub = fresh();
    refuses = true;
    await stub().take([told("fired")]);
    await abortAllDurableObjects();
    expect(await workOf(stub())).toContain("send:notifications");
    expect((await stub().onBoard()).shown).toHaveLength(1);
    expect(sent).toEqual([]);
    refuses = false;
    await runDueWork(stub());
    expect(types()).toEqual(["alert.fired"]);
  });
});

describe("operators", () => {
  it("acknowledge: the first one stays, over a restart", async () => {
    const stub = fresh();
    await stub().take([told("fired")]);
    const { id } = told("fired");
    await stub().acknowledge({ id, by: "ada", note: "on it" });
    await evictDurableObject(stub());
    expect(await stub().acknowledge({ id, by: "bob", note: "" })).toMatchObject({
      ok: true,
      value: { acknowledged: { by: "ada", note: "on it" } },
    });
    expect(await stub().acknowledge({ id: "alert_none", by: "bob", note: "" })).toMatchObject({
      reason: "unknown_alert",
    });
  });

  it("mute: nobody is told of the subject, neither of its end nor of its next beginning, and of what stays when it is over", async () => {
    const stub = fresh();
    const until = Date.now() + 60_000;
    await stub().muteRule({ id: "stock_low", until, by: "ada" });
    await stub().take([told("fired")]);
    expect((await stub().onBoard()).shown).toMatchObject([{ told: false, mutedUntil: until }]);
    await stub().take([told("cleared")]);
    const next = told("fired", { id: alertId("slice", "stock_low", "SKU", 5_000), firedAt: 5_000 });
    await stub().take([next]);
    await runDueWork(stub());
    expect(sent).toEqual([]);
    vi.setSystemTime(until + 1);
    await runDueWork(stub());
    await vi.waitFor(() => expect(sent).toMatchObject([{ type: "alert.fired", alert: { id: next.id } }]));
    expect((await stub().onBoard()).shown).toMatchObject([{ told: true }]);
  });

  it("unmute tells at once of what is in force", async () => {
    const stub = fresh();
    await stub().muteRule({ id: "stock_low", until: Date.now() + 60_000, by: "ada" });
    await stub().take([told("fired")]);
    await stub().muteRule({ id: "stock_low", until: null, by: "ada" });
    await runDueWork(stub());
    await vi.waitFor(() => expect(types()).toEqual(["alert.fired"]));
  });

  it("test: sends one that says so, and is in no list", async () => {
    const stub = fresh();
    expect(await stub().testRule("stock_out")).toMatchObject({ ok: true });
    await vi.waitFor(() => expect(sent).toMatchObject([{ type: "alert.fired", alert: { test: true } }]));
    expect(await stub().list({ limit: 10 })).toEqual([]);
    expect(await stub().testRule("none")).toMatchObject({ reason: "unknown_rule" });
  });

  it("the history is read page by page, newest first", async () => {
    const stub = fresh();
    for (const n of [1, 2, 3]) await stub().take([told("fired", { id: `alert_${n}` })]);
    await stub().take([told("cleared", { id: "alert_2" })]);
    const page = await stub().list({ limit: 2 });
    expect(page.map(({ id }) => id)).toEqual(["alert_3", "alert_2"]);
    expect((await stub().list({ limit: 2, before: page[1]?.seq })).map(({ id }) => id)).toEqual(["alert_1"]);
    expect((await stub().list({ limit: 9, state: "cleared" })).map(({ id }) => id)).toEqual(["alert_2"]);
    expect((await stub().list({ limit: 9, state: "in_force" })).map(({ id }) => id)).toEqual(["alert_3", "alert_1"]);
  });
});

describe("rules", () => {
  const own: AlertRule = { ...(DEFAULT_RULES["stock_low"] as AlertRule), name: "Very low", threshold: 3, clear: 6 };

  it("begin with the defaults, once: what was changed or turned off stays so", async () => {
    const stub = fresh();
    const ids = (await stub().rules()).map(({ id }) => id);
    expect(ids).toEqual(Object.keys(DEFAULT_RULES).toSorted());
    await stub().putRule({ id: "stock_low", rule: { ...own, enabled: false }, by: "ada" });
    await abortAllDurableObjects();
    expect(await stub().rule("stock_low")).toMatchObject({ version: 2, rule: { threshold: 3, enabled: false } });
    expect((await stub().lease()).rules.map(({ id }) => id)).toEqual(["stock_out"]);
    expect(await stub().resetRule({ id: "stock_low", by: "ada" })).toMatchObject({
      value: { version: 3, rule: { threshold: 10 } },
    });
  });

  it("are refused when somebody else was faster, and defaults are not removed", async () => {
    const stub = fresh();
    expect(await stub().putRule({ id: "mine", rule: own, by: "ada" })).toMatchObject({ value: { created: true } });
    expect(await stub().putRule({ id: "mine", rule: own, by: "bob", ifVersion: 0 })).toMatchObject({
      reason: "stale_version",
      version: 1,
    });
    expect(await stub().removeRule("mine")).toMatchObject({ ok: true });
    expect(await stub().removeRule("mine")).toMatchObject({ reason: "unknown_rule" });
    expect(await stub().removeRule("stock_out")).toMatchObject({ reason: "default_rule" });
    expect(await stub().resetRule({ id: "mine", by: "ada" })).toMatchObject({ reason: "unknown_rule" });
    // A rule of the same name goes on counting: the history names versions.
    expect(await stub().putRule({ id: "mine", rule: own, by: "ada" })).toMatchObject({
      value: { rule: { version: 2 } },
    });
  });

  it("reach every slice that is in use", async () => {
    const [name = ""] = allSlices(parseSlices(env.PRODUCT_SLICES));
    const slice = env.PRODUCT_METRICS.getByName(name);
    await slice.stockLevels([{ sku: "R", onHand: 5, reserved: 0, seq: 1, at: 1 }]);
    await vi.waitFor(async () => expect((await book().onBoard()).shown).toMatchObject([{ rule: { id: "stock_low" } }]));
    await book().putRule({ id: "stock_low", rule: own, by: "ada" });
    // 5 is above the new threshold and below the new clear level, so it stays in force until the rule is turned off.
    await book().putRule({ id: "stock_low", rule: { ...own, enabled: false }, by: "ada" });
    await vi.waitFor(async () => expect((await book().onBoard()).shown).toEqual([]));
    const ofProduct = sent.filter(({ alert }) => alert.subject.key === "R");
    expect(ofProduct.map(({ type, alert }) => `${type} ${alert.value}`)).toEqual([
      "alert.fired 5",
      "alert.cleared null",
    ]);
  });
});

describe("the shop as a whole", () => {
  const figures = { measured: {}, ledger: { at: 0, received: 0, rejected: 0 } };

  it("dead letters fire once however often it looks, and clear when they are dealt with", async () => {
    vi.spyOn(LiveBoard.prototype, "figures").mockResolvedValue(figures);
    const letters = () => env.DEAD_LETTERS.getByName("orders-dead");
    await letters().add([{ messageId: newId("ord"), body: "{}", attempts: 1, at: 1 }], "orders");
    await book().wake(0);
    await runDueWork(book());
    await abortAllDurableObjects();
    await runDueWork(book());
    expect((await book().onBoard()).shown.filter(({ rule }) => rule.id === "letters_dead")).toMatchObject([
      { subject: { kind: "shop" }, value: 1 },
    ]);
    const [letter] = await letters().list({ limit: 1 });
    await letters().discard({ seq: letter?.seq ?? 0, by: "ada", why: "test" });
    await runDueWork(book());
    expect((await book().onBoard()).shown.filter(({ rule }) => rule.id === "letters_dead")).toEqual([]);
    await vi.waitFor(() => expect(types()).toEqual(["alert.fired", "alert.cleared"]));
  });

  it("a source that does not answer neither fires nor clears (pitfall 21)", async () => {
    const stub = fresh();
    const spy = vi.spyOn(LiveBoard.prototype, "figures");
    spy.mockResolvedValue({ ...figures, measured: { "conversion.against_yesterday": 0.2 } });
    await stub().putRule({
      id: "conversion_halved",
      rule: { ...(DEFAULT_RULES["conversion_halved"] as AlertRule), for_s: 0 },
      by: "ada",
    });
    await runDueWork(stub());
    expect((await stub().onBoard()).shown).toMatchObject([{ rule: { id: "conversion_halved" }, value: 0.2 }]);
    spy.mockImplementation(() => {
      throw new Error("restarting");
    });
    await runDueWork(stub());
    spy.mockResolvedValue(figures);
    await runDueWork(stub());
    expect((await stub().onBoard()).shown).toHaveLength(1);
    spy.mockResolvedValue({ ...figures, measured: { "conversion.against_yesterday": 0.9 } });
    await runDueWork(stub());
    expect((await stub().onBoard()).shown).toEqual([]);
  });

  it("in an idle shop no alarm stays behind, and traffic brings it back", async () => {
    vi.spyOn(LiveBoard.prototype, "figures").mockResolvedValue(figures);
    const stub = fresh();
    await stub().rules();
    await runDueWork(stub());
    expect(await workOf(stub())).toEqual([]);
    await stub().wake();
    await runDueWork(stub());
    expect(await workOf(stub())).toEqual(["look"]);
    vi.setSystemTime(Date.now() + 60 * 60_000);
    await runDueWork(stub());
    expect(await workOf(stub())).toEqual([]);
    expect(await runInDurableObject(stub(), (_book, { storage }) => storage.getAlarm())).toBeNull();
  });

  it("a clock that is put back by an hour keeps no alarm in an idle shop for an hour, and traffic is noted all the same", async () => {
    vi.spyOn(LiveBoard.prototype, "figures").mockResolvedValue(figures);
    const stub = fresh();
    await stub().rules();
    vi.setSystemTime(Date.now() + 60 * 60_000);
    await stub().wake();
    vi.useRealTimers();
    await runDueWork(stub());
    expect(await workOf(stub())).toEqual([]);
    await stub().wake();
    await runDueWork(stub());
    expect(await workOf(stub())).toEqual(["look"]);
  });
});
