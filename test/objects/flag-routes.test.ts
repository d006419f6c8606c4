import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { OpsBindings } from "../../src/ops/context.ts";
import { flagRoutes } from "../../src/ops/routes/flags.ts";
import { env } from "../support/objects.ts";
import { newCoordinator } from "../support/objects-flags.ts";

/**
 * Goal: the admin API says of a flag what is so, whatever of it can be read. Threats: two people who climb two rungs where each meant one, a command that was done and is
 * answered as if it had failed.
 */
const anna = { id: "key_1", name: "anna", scopes: ["*"], via: "key", expiresAt: null } as const;
const app = new Hono<OpsBindings>();
app.use(async function signIn(c, next) {
  c.set("actor", anna);
  c.set("requestId", "req_1");
  return next();
});
app.route("/flags", flagRoutes);

/** A shop with a feature of its own per key. `coordinatorOf` stands before the real ones. */
function newShop(keys: readonly string[], coordinatorOf: (key: string) => object = realOf) {
  const bindings = {
    FLAG_COORDINATOR: { getByName: coordinatorOf },
    FEATURE_FLAGS: JSON.stringify(keys.map((key) => ({ key, title: key, fresh: "new", safe: "old" }))),
    LEGACY_ORIGIN: "",
  };
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await app.request(path, init, bindings);
    // SAFETY: every answer of these routes is JSON; the tests fail where it is another.
    return { status: answer.status, body: await answer.json<Record<string, unknown>>() };
  };
  const headers = { "content-type": "application/json" };
  const command = (key: string, type: string, seen: object = {}) =>
    ask(`/flags/${key}/${type}`, { method: "POST", headers, body: JSON.stringify({ reason: "test", ...seen }) });
  return { ask, command };
}
const realOf = (key: string) => env.FLAG_COORDINATOR.getByName(key);

describe("a command", () => {
  it("of two people who saw the same is done once: the other is told where the flag stands now", async () => {
    const { key } = newCoordinator();
    const { command } = newShop([key]);
    await command(key, "start");
    const { body } = await command(key, "advance");
    expect(body).toMatchObject({ rung: "5 %", epoch: 1 });
    const seen = { if_epoch: body["epoch"], if_rung: body["rung"] };
    const [first, second] = await Promise.all([command(key, "advance", seen), command(key, "advance", seen)]);
    expect(first).toMatchObject({ status: 200, body: { share_percent: 25 } });
    expect(second).toMatchObject({
      status: 412,
      body: { code: "flag_moved", state: "ramping", epoch: 1, rung: "25 %" },
    });
    expect(await command(key, "advance", { if_rung: "7 %" })).toMatchObject({ status: 422 });
    expect(await command(key, "kill", seen)).toMatchObject({
      status: 200,
      body: { state: "killed", share_percent: 0 },
    });
  });

  it("of who has not seen the pause does not lift it", async () => {
    const { key } = newCoordinator();
    const { command } = newShop([key]);
    await command(key, "start");
    const { body } = await command(key, "advance");
    const seen = { if_epoch: body["epoch"], if_rung: body["rung"], if_state: body["state"] };
    await command(key, "pause");
    expect(await command(key, "advance", seen)).toMatchObject({ status: 412, body: { state: "paused", rung: "5 %" } });
    expect(await command(key, "start", { ...seen, if_state: "paused" })).toMatchObject({ status: 200 });
  });

  it("that was done is answered as done, although nothing can be read after it", async () => {
    const { key } = newCoordinator();
    const { command } = newShop([key], (name) => ({
      command: (asked: Parameters<ReturnType<typeof realOf>["command"]>[0]) => realOf(name).command(asked),
      view: () => Promise.reject(new Error("restarting")),
    }));
    expect(await command(key, "start")).toMatchObject({
      status: 200,
      body: { state: "ramping", rung: "1 %", commands: ["advance", "pause", "kill"] },
    });
  });
});
