import { randomUUID } from "node:crypto";
import type { Side } from "../contest.ts";
import { type Call, sendAll } from "../load.ts";
import type { Yardstick } from "../runtime/yardstick.ts";
import { PURCHASES, writesOf } from "../yardstick/purchase.ts";

/** Objects that take turns: enough that they are not one another's queue, few enough to be warm. */
export const OBJECTS = 400;

const ignore = async (): Promise<void> => {};

/** Endlessly one after the other. */
export function inTurns<T>(items: readonly T[]): () => T {
  let index = 0;
  return () => {
    const item = items[index++ % items.length];
    if (item === undefined) throw new Error("there is nothing to take turns");
    return item;
  };
}

/** Answers a JSON document of the size of a cart, and nothing else. */
export const bareRoute = ({ origin }: Yardstick): Side => ({
  label: "bare Hono route, JSON of a cart's size",
  origin,
  status: 200,
  prepare: ignore,
  next: () => ({ method: "GET", path: "/json/1" }),
});

/** One call to an object that is awake, which replaces one row of a cart's size. */
export function warmObjectWrite({ origin }: Yardstick): Side {
  const calls = Array.from({ length: OBJECTS }, (_, cell): Call => ({ method: "POST", path: `/cells/${cell}` }));
  return {
    label: "bare route, one object call, one row written",
    origin,
    status: 200,
    prepare: () => touch(origin, calls),
    next: inTurns(calls),
  };
}

/** The same on an object that never existed before. */
export const newObjectWrite = ({ origin, forget }: Yardstick): Side => ({
  label: "bare route, one new object, one row written",
  origin,
  status: 200,
  prepare: ignore,
  next: () => ({ method: "POST", path: `/cells/${randomUUID()}` }),
  settle: forget,
});

/** The same on one object for everybody. */
export const hotObjectWrite = ({ origin }: Yardstick): Side => ({
  label: "bare route, one object for all, one row written",
  origin,
  status: 200,
  prepare: ignore,
  next: () => ({ method: "POST", path: "/cells/hot" }),
});

/** The objects of one purchase with nothing in them: two that never existed, two that are awake and that every purchase shares with others. */
export function bareObjects(
  { origin, forget }: Yardstick,
  counted: keyof typeof PURCHASES,
  skus: readonly string[],
): Side {
  const calls = skus.map((sku, at): Call => ({
    method: "POST",
    path: `/purchases/${counted}/${sku}/${skus[(at + 1) % skus.length] ?? sku}`,
  }));
  return {
    label: `bare route, two new objects, ${writesOf(PURCHASES[counted])} calls that write`,
    origin,
    status: 200,
    unit: { name: "purchases", perCall: 1 },
    prepare: () => touch(origin, calls),
    next: inTurns(calls),
    settle: forget,
  };
}

/** Objects sleep after 10 s without a call; the other side's rounds may take longer. */
export async function touch(origin: string, calls: readonly Call[]): Promise<void> {
  await sendAll(origin, calls, 200);
}
