import { randomUUID } from "node:crypto";
import type { Side } from "../contest.ts";
import { type Call, sendAll } from "../load.ts";
import { openFilesMax } from "../runtime/proc.ts";
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
export function newObjectWrite({ origin, forget }: Yardstick): Side {
  const side: Side = {
    label: "bare route, one new object, one row written",
    origin,
    status: 200,
    prepare: ignore,
    next: () => ({ method: "POST", path: `/cells/${randomUUID()}` }),
    settle: forget,
  };
  return withinFiles(side, 1);
}

/** The same on one object for everybody. */
export const hotObjectWrite = ({ origin }: Yardstick): Side => ({
  label: "bare route, one object for all, one row written",
  origin,
  status: 200,
  prepare: ignore,
  next: () => ({ method: "POST", path: "/cells/hot" }),
});

/** How many objects come into being with a purchase: the cart and the order. */
export const NEW_OBJECTS = 2;
/** The database, its log and the index of that. */
const FILES_PER_OBJECT = 3;
/** The rest is for objects that are there in every round, for what the runtime itself has open, and for what closes late. */
const SHARE_OF_FILES = 0.6;

/**
 * A side whose calls bring so many new objects into being, which are dropped from memory after the round: before there are files left for no more
 * of them the round is over. What it did counts over the time that it took, so a rate is none the worse for it.
 */
export function withinFiles(side: Side, objectsPerCall: number, filesMax = openFilesMax()): Side {
  const callsMax = Math.floor((filesMax * SHARE_OF_FILES) / FILES_PER_OBJECT / objectsPerCall);
  let left = callsMax;
  return {
    ...side,
    prepare: async (calls) => {
      left = callsMax;
      await side.prepare(calls);
    },
    next: () => (left-- > 0 ? side.next() : undefined),
  };
}

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
  const side: Side = {
    label: `bare route, two new objects, ${writesOf(PURCHASES[counted])} calls that write`,
    origin,
    status: 200,
    unit: { name: "purchases", perCall: 1 },
    prepare: () => touch(origin, calls),
    next: inTurns(calls),
    settle: forget,
  };
  return withinFiles(side, NEW_OBJECTS);
}

/** Objects sleep after 10 s without a call; the other side's rounds may take longer. */
export async function touch(origin: string, calls: readonly Call[]): Promise<void> {
  await sendAll(origin, calls, 200);
}
