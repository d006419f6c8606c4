import type { QueueTrouble } from "../unkind-queues.ts";
import type { Scenario } from "../scenario.ts";

const HANG_MS = 6_000;

const ofQueues = (trouble: QueueTrouble): Pick<Scenario, "inject" | "heal"> => ({
  inject: ({ world }) => {
    world.queues.trouble = trouble;
  },
  heal: ({ world }) => {
    world.queues.trouble = {};
  },
});

export const QUEUE_REFUSES: Scenario = {
  name: "queue-refuses",
  fault: "the queue `events` refuses every send",
  faultMs: 15_000,
  ...ofQueues({ refuses: "events" }),
  expect: [
    { subject: /^ingest$/, kind: "opened" },
    { subject: /^ingest$/, kind: "closed" },
  ],
  never: [{ subject: /^(?:orders|payments)$/ }],
};

export const QUEUE_HANGS: Scenario = {
  ...QUEUE_REFUSES,
  name: "queue-hangs",
  fault: `a send to the queue \`events\` is answered after ${HANG_MS / 1_000} s, and taken all the same`,
  ...ofQueues({ hangs: { queue: "events", ms: HANG_MS } }),
};

export const CONSUMER_CRASHES: Scenario = {
  name: "consumer-crashes",
  fault: "every consumer goes away with every third batch in its hands",
  faultMs: 20_000,
  ...ofQueues({ crashesEvery: 3 }),
  // A consumer that is gone tells nothing; its messages come again by themselves.
  expect: [],
};

export const DUPLICATES: Scenario = {
  name: "duplicates",
  fault: "half of all messages comes twice, and each waits up to 2 s, so that others overtake it",
  faultMs: 20_000,
  ...ofQueues({ repeats: 0.5, holdsMs: 2_000 }),
  // That is what queues are like. Whoever opened a breaker about it would be wrong.
  expect: [],
  never: [{ subject: /^(?:ingest|enrich|aggregate|orders|payments)/ }],
};
