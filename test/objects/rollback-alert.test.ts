import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import { AlertBook } from "../../durable-objects/alert-book/alert-book.ts";
import { DEFAULT_RULES } from "../../src/domain/alerts/defaults.ts";
import type { FlagNews } from "../../src/domain/alerts/flag-news.ts";
import type { AlertRule } from "../../src/domain/alerts/rule.ts";
import { eventOf } from "../../src/ops/webhooks/event.ts";
import { toldOf } from "../support/objects-alerts.ts";
import { Watcher } from "../support/objects-board.ts";
import { env, runDueWork, workOf } from "../support/objects.ts";
import { atQuarter, command, type Coordinator, keysOf, newCoordinator, report } from "../support/objects-flags.ts";

/**
 * Goal: when the guard takes a path back, somebody is told, once, and it is over when a person has rearmed or killed it. Threats: a rollback that nobody
 * hears of because the book was restarting (pitfall 21), one that is told with every report that comes after it, an end that is told before its beginning.
 */
const book = () => env.ALERT_BOOK.getByName("shop");
afterEach(() => void vi.useRealTimers());

const rollBack = async ({ object }: Coordinator, epoch = 1, prefix = "op") =>
  object().report(report(epoch, 0, keysOf(5, prefix)));
const of = async ({ key }: Coordinator) => (await book().onBoard()).shown.filter(({ subject }) => subject.key === key);
const typesOf = ({ key }: Coordinator) => toldOf(key).map(({ type }) => type);
const isTold = (flag: Coordinator, ...types: string[]) => vi.waitFor(() => expect(typesOf(flag)).toEqual(types));

it("one rollback is one critical alert, on the board and for other systems, until a person rearms", async () => {
  const flag = await atQuarter();
  const watcher = await Watcher.open(env.LIVE_BOARD.getByName("shop"));
  await rollBack(flag);
  await isTold(flag, "alert.fired");
  const [message] = toldOf(flag.key);
  const body: unknown = message && JSON.parse((await eventOf(message)).body);
  expect(body).toMatchObject({ type: "alert.fired", data: { alert: { flag: flag.key, severity: "critical" } } });
  expect(await of(flag)).toMatchObject([
    { rule: { id: "rollback", severity: "critical" }, subject: { kind: "flag", key: flag.key }, value: 1, told: true },
  ]);
  await vi.waitFor(() => expect(JSON.stringify(watcher.frames)).toContain(`${flag.key} was rolled back`), 3_000);
  watcher.close();
  await rollBack(flag, 1, "late");
  await flag.object().report(report(2, 0, [], { safe: 9 }));
  await evictDurableObject(flag.object());
  await runDueWork(flag.object());
  expect(typesOf(flag)).toEqual(["alert.fired"]);
  await command(flag, "rearm");
  await isTold(flag, "alert.fired", "alert.cleared");
  expect(await of(flag)).toEqual([]);
  expect(await workOf(flag.object())).not.toContain("tell");
});

it("the next rollback of the same flag is another alert", async () => {
  const flag = await atQuarter();
  await rollBack(flag);
  await command(flag, "rearm");
  for (let rung = 0; rung < 3; rung++) await command(flag, "advance");
  await rollBack(flag, 3, "again");
  await isTold(flag, "alert.fired", "alert.cleared", "alert.fired");
  expect(await of(flag)).toHaveLength(1);
});

it("a book that is away, and a crash of both, cost no alert and make no second one", async () => {
  const flag = await atQuarter();
  const spy = vi.spyOn(AlertBook.prototype, "takeFlags").mockImplementation(() => {
    throw new Error("restarting");
  });
  await rollBack(flag);
  await vi.waitFor(() => expect(spy).toHaveBeenCalled());
  await abortAllDurableObjects();
  spy.mockRestore();
  expect(await workOf(flag.object())).toContain("tell");
  await runDueWork(flag.object());
  await isTold(flag, "alert.fired");
  await abortAllDurableObjects();
  expect(await of(flag)).toHaveLength(1);
});

it("a rollback that was rearmed before the book heard of it has been one: its beginning and its end are told", async () => {
  const flag = await atQuarter();
  const spy = vi.spyOn(AlertBook.prototype, "takeFlags").mockImplementation(() => {
    throw new Error("restarting");
  });
  await rollBack(flag);
  await command(flag, "rearm");
  await vi.waitFor(() => expect(spy).toHaveBeenCalled());
  spy.mockRestore();
  await runDueWork(flag.object());
  // A queue does not promise an order.
  await vi.waitFor(() => expect(typesOf(flag).toSorted()).toEqual(["alert.cleared", "alert.fired"]));
  expect(await of(flag)).toEqual([]);
});

it("what is told again, or late, changes nothing", async () => {
  const { key } = newCoordinator();
  const news = (version: number, isRolledBack: boolean): FlagNews => ({ key, version, isRolledBack, at: Date.now() });
  await book().takeFlags([news(7, true)]);
  await book().takeFlags([news(7, true), news(8, false)]);
  await book().takeFlags([news(7, true), news(8, false)]);
  await vi.waitFor(() => expect(toldOf(key).map(({ type }) => type)).toEqual(["alert.fired", "alert.cleared"]));
});

it("what a person kills is no alert, and ends the one that there is", async () => {
  const flag = await atQuarter();
  await command(flag, "kill");
  expect(await workOf(flag.object())).not.toContain("tell");
  const other = await atQuarter();
  await rollBack(other);
  await command(other, "kill");
  await isTold(other, "alert.fired", "alert.cleared");
  expect(typesOf(flag)).toEqual([]);
});

it("a rule that is turned off ends it, and turned on finds what is still rolled back", async () => {
  const flag = await atQuarter();
  await rollBack(flag);
  await isTold(flag, "alert.fired");
  const rule = DEFAULT_RULES["rollback"] as AlertRule;
  await book().putRule({ id: "rollback", rule: { ...rule, enabled: false }, by: "ada" });
  expect(await of(flag)).toEqual([]);
  await book().putRule({ id: "rollback", rule, by: "ada" });
  await runDueWork(book());
  expect(await of(flag)).toHaveLength(1);
});
