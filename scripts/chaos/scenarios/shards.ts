import { setTimeout } from "node:timers/promises";
import type { Scenario } from "../scenario.ts";

const SHARD = "shard-0";
const ABORT_EVERY_MS = 250;

/** Goes on until it is ended. */
function inLoop(act: () => Promise<void>, everyMs: number): () => Promise<void> {
  const over = new AbortController();
  const loop = (async () => {
    while (!over.signal.aborted) {
      await act();
      await setTimeout(everyMs);
    }
  })();
  return async () => {
    over.abort();
    await loop;
  };
}

export function abortedShard(): Scenario {
  let end = async (): Promise<void> => {};
  return {
    name: "shard-aborted",
    fault: `${SHARD} loses its memory ${1_000 / ABORT_EVERY_MS} times a second`,
    faultMs: 15_000,
    inject: ({ world }) => {
      end = inLoop(() => world.shop.runtime.breakShard(SHARD), ABORT_EVERY_MS);
    },
    heal: () => end(),
    // Calls that meet an abort are made again and mostly succeed in between: whether that is sick enough to go around it is the breaker's to say.
    expect: [],
    never: [{ subject: /^aggregate\/(?!shard-0$)/ }, { subject: /^(?:ingest|orders|payments)$/ }],
  };
}

export const SHARDS_REFUSE: Scenario = {
  name: "shards-refuse",
  fault: "every shard refuses everything",
  faultMs: 15_000,
  inject: ({ world }) => world.shop.runtime.setFaults({ shards: "refuse" }),
  heal: ({ world }) => world.shop.runtime.setFaults({}),
  expect: [
    { subject: /^aggregate\//, kind: "opened" },
    { subject: /^aggregate\//, kind: "spilled" },
    { subject: /^aggregate\//, kind: "drained" },
    { subject: /^aggregate\//, kind: "closed" },
  ],
  never: [{ subject: /^(?:ingest|orders|payments)$/ }],
};
