import { isEventBatch, type EventBatch, eventBatchSchema } from "../domain/events/columns.ts";
import { isShardBound, routeFact, type ShardBound, type ShardFact } from "../domain/events/facts.ts";
import { type ShardPart, splitByShard } from "../domain/events/part.ts";
import { parseRouting, parseSlices, type Routing, shardName, sliceIndex, sliceName } from "../domain/events/routing.ts";
import { eventsMessageSchema, type EventsMessage } from "../domain/messages.ts";
import { callObject } from "../platform/object-call.ts";
import { type Delivery, parseBatch, type RawBatch, type RawMessage } from "../platform/queue-batch.ts";
import type { PipelineLink } from "../platform/pipeline-link.ts";
import { Aggregation } from "./aggregation.ts";
import { Enricher, type LookUpWatch } from "./enricher.ts";
import { coordinatorOf, pipeline } from "./pipeline.ts";
import { recordPoints } from "./points.ts";
import { Settlement } from "./settlement.ts";
import { mirrorStock, type StockLevel } from "./stock-mirror.ts";

/** Of this isolate: only what the catalog said. */
const enricher = new Enricher();

interface ShardWork {
  readonly parts: { readonly part: ShardPart; readonly messages: readonly RawMessage[] }[];
  readonly facts: ShardFact[];
  readonly factMessages: Set<RawMessage>;
}

/**
 * Takes one queue batch to the objects that count: events and facts by shard, stock levels by slice and into D1, look-ups to the catalog. These go on beside
 * each other and fail for themselves: D1 being down stops neither counting nor money. A message is acknowledged when everything
 * that it needs was done, and what was done for a message that comes again changes nothing.
 */
export async function consumeEvents(
  batch: MessageBatch,
  env: AnalyticsEnv,
  link: PipelineLink = pipeline,
): Promise<void> {
  const coordinator = coordinatorOf(env);
  if (link.takeRenewal()) await link.renew(coordinator);
  const { batches, facts } = readBatch(batch);
  const routing = parseRouting(env.EVENT_SHARDS);
  const settlement = new Settlement([...batches, ...facts].map(({ message }) => message));
  const tools = { routing, settlement, aggregation: new Aggregation(env, { link, coordinator }) };
  const levels = facts.filter((fact): fact is Delivery<StockLevel> => fact.body.type === "stock.level");
  // What failed before goes alone: if it is what an object cannot take, it must not take its neighbours along again.
  const isFresh = ({ message }: Delivery<unknown>): boolean => message.attempts <= 1;
  const shardBound = facts.filter((fact): fact is Delivery<ShardBound> => isShardBound(fact.body));
  await Promise.all([
    applyToShards(batches.filter(isFresh), shardBound.filter(isFresh), tools),
    ...batches.filter((each) => !isFresh(each)).map((one) => applyToShards([one], [], tools)),
    ...shardBound.filter((each) => !isFresh(each)).map((one) => applyToShards([], [one], tools)),
    tellSlices(levels, env, settlement),
    enrichProducts(facts, env, link, settlement),
  ]);
  const { retriedFor } = settlement.settle();
  if (retriedFor > 0) link.defer("aggregate", retriedFor);
  if (link.isDue) await link.tell(coordinator);
  recordPoints(
    env.EVENT_POINTS,
    batches.map(({ body }) => body),
    Date.now(),
  );
}

/** Batches of events and facts; what is neither is logged with the reason and retried, and touches nobody else. */
function readBatch(batch: RawBatch): {
  readonly batches: readonly Delivery<EventBatch>[];
  readonly facts: readonly Delivery<EventsMessage>[];
} {
  const batches: Delivery<EventBatch>[] = [];
  const rest: RawMessage[] = [];
  const malformed: RawMessage[] = [];
  for (const message of batch.messages) {
    const { body } = message;
    if (isEventBatch(body)) batches.push({ body, message });
    else if (Reflect.get(Object(body), "type") === "events.batch") malformed.push(message);
    else rest.push(message);
  }
  const { queue } = batch;
  batches.push(...parseBatch({ queue, messages: malformed }, eventBatchSchema));
  return { batches, facts: parseBatch({ queue, messages: rest }, eventsMessageSchema) };
}

interface Tools {
  readonly routing: Routing;
  readonly settlement: Settlement;
  readonly aggregation: Aggregation;
}

async function applyToShards(
  batches: readonly Delivery<EventBatch>[],
  facts: readonly Delivery<ShardBound>[],
  { routing, settlement, aggregation }: Tools,
): Promise<void> {
  const work = new Map<number, ShardWork>();
  const workOf = (shard: number): ShardWork => {
    const known = work.get(shard) ?? { parts: [], facts: [], factMessages: new Set<RawMessage>() };
    work.set(shard, known);
    return known;
  };
  const bodies = batches.map(({ body }) => body);
  for (const { shard, part, batches: indices } of splitByShard(bodies, routing)) {
    const messages = indices.flatMap((index) => batches[index]?.message ?? []);
    workOf(shard).parts.push({ part, messages });
  }
  for (const { body, message } of facts) {
    for (const { shard, told } of routeFact(body, routing)) {
      workOf(shard).facts.push(told);
      workOf(shard).factMessages.add(message);
    }
  }
  const calls = [...work].flatMap(([shard, { parts, facts: told, factMessages }]) => {
    const name = shardName(shard);
    // Usually one call; facts go with the first part.
    const requests = parts.length === 0 ? [{ part: undefined, messages: [] }] : parts;
    return requests.map(({ part, messages }, index) => {
      const withFacts = index === 0 ? told : [];
      const needing = index === 0 ? [...messages, ...factMessages] : messages;
      const deliveries = Math.max(...needing.map(({ attempts }) => attempts));
      return settlement.run(name, needing, () => aggregation.hand(name, { part, facts: withFacts }, deliveries));
    });
  });
  await Promise.all(calls);
}

/** The board's levels and the mirror in D1 have nothing to do with each other. */
async function tellSlices(
  levels: readonly Delivery<StockLevel>[],
  env: AnalyticsEnv,
  settlement: Settlement,
): Promise<void> {
  if (levels.length === 0) return;
  const slices = parseSlices(env.PRODUCT_SLICES);
  const messages = levels.map(({ message }) => message);
  const bySlice = Map.groupBy(levels, ({ body }) => sliceName(sliceIndex(body.sku, slices)));
  const told = [...bySlice].map(([name, here]) =>
    settlement.run(
      name,
      here.map(({ message }) => message),
      () => callObject(() => env.PRODUCT_METRICS.getByName(name).stockLevels(here.map(({ body }) => body))),
    ),
  );
  const mirrored = settlement.run("stock_levels", messages, () =>
    mirrorStock(
      env.DB,
      levels.map(({ body }) => body),
    ),
  );
  await Promise.all([...told, mirrored]);
}

async function enrichProducts(
  facts: readonly Delivery<EventsMessage>[],
  env: AnalyticsEnv,
  link: PipelineLink,
  settlement: Settlement,
): Promise<void> {
  const watch: LookUpWatch = {
    done: (ms) => link.tally("enrich").done(ms),
    failed: (ms, error) => link.tally("enrich").failed(ms, error),
  };
  const tasks = facts.flatMap(({ body, message }) => {
    if (body.type !== "products.wanted") return [];
    const task = async (): Promise<void> => {
      const modeOf = () => (link.route("enrich") === "primary" ? "primary" : "bypass");
      const products = await enricher.lookUp(env.DB, body.skus, modeOf, Date.now(), watch);
      await callObject(() => env.PRODUCT_METRICS.getByName(body.slice).enrich(products));
    };
    return [settlement.run("enrich", [message], task)];
  });
  await Promise.all(tasks);
}
