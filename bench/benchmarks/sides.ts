import { randomUUID } from "node:crypto";
import type { Side } from "../contest.ts";
import { type Call, sendAll } from "../load.ts";

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
export const bareRoute = (origin: string): Side => ({
  label: "bare Hono route, JSON of a cart's size",
  origin,
  status: 200,
  prepare: ignore,
  next: () => ({ method: "GET", path: "/json/1" }),
});

/** One call to an object that is awake, which replaces one row of a cart's size. */
export function warmObjectWrite(origin: string): Side {
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
export const newObjectWrite = (origin: string): Side => ({
  label: "bare route, one new object, one row written",
  origin,
  status: 200,
  prepare: ignore,
  next: () => ({ method: "POST", path: `/cells/${randomUUID()}` }),
});

/** Objects sleep after 10 s without a call; the other side's rounds may take longer. */
export async function touch(origin: string, calls: readonly Call[]): Promise<void> {
  await sendAll(origin, calls, 200);
}
