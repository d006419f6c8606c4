import { Bodies } from "../events/bodies.ts";
import { type Ledger, readLedger, settleEvents } from "../events/ledger.ts";
import { BATCH_PATH, batchCall } from "../events/target.ts";
import type { Contest, Side } from "../contest.ts";
import { allSkus } from "../runtime/shop.ts";
import type { Benchmark, Field } from "./list.ts";

const SEED = 2_026;
/** What one visitor does between two flushes of an SDK. */
const PER_VISITOR = 3;

const ignore = async (): Promise<void> => {};

/** Events per second from the first request until every one of them is applied, in requests of so many. */
export const eventsBenchmark = (perRequest: number): Benchmark => ({
  name: `events-${perRequest}`,
  group: "events",
  title: `POST /v1/batch with ${perRequest} events, until all are applied exactly once`,
  contest: (field) => contestOf(field, perRequest),
});

export const bodiesOf = (perRequest: number, seed: number = SEED): Bodies =>
  new Bodies({ skus: allSkus(), perRequest, perVisitor: PER_VISITOR, seed });

function contestOf({ shop, yardstick }: Field, perRequest: number): Contest {
  const bodies = bodiesOf(perRequest);
  const unit = { name: "events", perCall: perRequest };
  const bare = (path: string, label: string): Side => ({
    label,
    origin: yardstick.origin,
    status: 200,
    unit,
    prepare: ignore,
    next: () => batchCall(bodies, path),
  });
  let before: Ledger | undefined;
  let sent = 0;
  return {
    yardstick: bare("/events", "bare Hono route, parses the same JSON"),
    subject: {
      label: `the shop: ${perRequest} events a request, all applied`,
      origin: shop.origin,
      status: 200,
      unit,
      prepare: async () => {
        before = await readLedger(shop.admin);
        sent = 0;
      },
      next: () => batchCall(bodies, BATCH_PATH),
      onAnswer: () => {
        sent += perRequest;
      },
      settle: async () => {
        if (before) await settleEvents(shop.admin, before, sent);
      },
      settleCounts: true,
    },
    others: [bare("/behind/events", "the same behind a service binding")],
  };
}
