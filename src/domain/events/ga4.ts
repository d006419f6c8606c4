import { isJson, type Json } from "./ecommerce.ts";

const MS_PER_MICRO = 1e-3;

/**
 * A body of GA4's Measurement Protocol as events of Segment's API, which is what everything else here reads. Names of events stay as they
 * are: they are understood under either API. Google's protocol knows no message ids; an `event_id` in the params is taken for one.
 * `undefined` when it is no such body.
 * Source: https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
 */
export function eventsOfMeasurement(body: Json): readonly unknown[] | undefined {
  const events = body["events"];
  if (!Array.isArray(events)) return undefined;
  const anonymousId = body["client_id"] ?? body["app_instance_id"];
  const userId = body["user_id"];
  return (events as readonly unknown[]).map((event) => {
    if (!isJson(event)) return event;
    const params = event["params"];
    return {
      type: "track",
      event: event["name"],
      anonymousId,
      userId,
      timestamp: msOf(event["timestamp_micros"] ?? body["timestamp_micros"]),
      messageId: isJson(params) ? params["event_id"] : undefined,
      properties: params,
    };
  });
}

function msOf(micros: unknown): unknown {
  const number = typeof micros === "string" && micros !== "" ? Number(micros) : micros;
  return typeof number === "number" ? Math.floor(number * MS_PER_MICRO) : number;
}
