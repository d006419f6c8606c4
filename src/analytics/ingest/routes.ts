import type { EventType } from "../../domain/events/read.ts";

/** What a path of the tracking API asks for. */
export type TrackingRoute =
  | { readonly kind: "batch" }
  | { readonly kind: "single"; readonly type: EventType }
  | { readonly kind: "measurement" }
  | { readonly kind: "metrics" }
  | { readonly kind: "settings"; readonly writeKey: string };

const single = (type: EventType): TrackingRoute => ({ kind: "single", type });
const BATCH: TrackingRoute = { kind: "batch" };

/**
 * The paths of Segment's API: what servers call, the single letters that analytics.js uses (the first of the call's name; `/v1/b` for
 * batches, `/v1/m` for its own health), and `/v1/import`, by which older libraries know the batch. `/mp/collect` is GA4's Measurement Protocol.
 * Sources: https://www.twilio.com/docs/segment/connections/sources/catalog/libraries/server/http-api,
 * https://github.com/segmentio/analytics-next (`plugins/segmentio`), https://developers.google.com/analytics/devguides/collection/protocol/ga4
 */
const ROUTES: ReadonlyMap<string, TrackingRoute> = new Map([
  ["/v1/batch", BATCH],
  ["/v1/b", BATCH],
  ["/v1/import", BATCH],
  ["/v1/track", single("track")],
  ["/v1/t", single("track")],
  ["/v1/page", single("page")],
  ["/v1/p", single("page")],
  ["/v1/identify", single("identify")],
  ["/v1/i", single("identify")],
  ["/v1/screen", single("screen")],
  ["/v1/s", single("screen")],
  ["/v1/group", single("group")],
  ["/v1/g", single("group")],
  ["/v1/alias", single("alias")],
  ["/v1/a", single("alias")],
  ["/v1/m", { kind: "metrics" }],
  ["/mp/collect", { kind: "measurement" }],
]);

const SETTINGS = /^\/v1\/projects\/([\w.-]{1,200})\/settings$/;

export function routeOf(pathname: string): TrackingRoute | undefined {
  const known = ROUTES.get(pathname);
  if (known !== undefined) return known;
  const [, writeKey] = SETTINGS.exec(pathname) ?? [];
  return writeKey === undefined ? undefined : { kind: "settings", writeKey };
}
