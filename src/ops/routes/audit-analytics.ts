import { Hono } from "hono";
import { allShards, allSlices, parseRouting, parseSlices } from "../../domain/events/routing.ts";
import { callObject } from "../../platform/object-call.ts";
import { mapBounded } from "../concurrency.ts";
import type { OpsBindings } from "../context.ts";

/** What every shard and slice counted, read from themselves and not from the board that shows it, for `npm run audit`. */
export const analyticsAuditRoutes = new Hono<OpsBindings>();

const OBJECTS_AT_ONCE = 16;

analyticsAuditRoutes.get("/analytics", async (c) => {
  const { EVENT_SHARD, EVENT_SPILL, PRODUCT_METRICS } = c.env;
  const names = allShards(parseRouting(c.env.EVENT_SHARDS));
  const [shards, spills, slices] = await Promise.all([
    mapBounded(names, OBJECTS_AT_ONCE, (name) => callObject(() => EVENT_SHARD.getByName(name).audit())),
    mapBounded(names, OBJECTS_AT_ONCE, (name) => callObject(() => EVENT_SPILL.getByName(name).state())),
    mapBounded(allSlices(parseSlices(c.env.PRODUCT_SLICES)), OBJECTS_AT_ONCE, (name) =>
      callObject(() => PRODUCT_METRICS.getByName(name).audit()),
    ),
  ]);
  return c.json({ shards, slices, spills: spills.map(({ shard, parts, events }) => ({ shard, parts, events })) });
});
