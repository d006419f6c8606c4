import { z } from "zod";
import { invalid, missingResource } from "../protocol/errors.ts";
import { pageOf } from "../protocol/pagination.ts";
import { listing, parseParameters } from "../protocol/parameters.ts";
import type { Handler } from "../protocol/router.ts";
import type { EventRow } from "../state/rows.ts";

const TYPES_MAX = 20;
const typeName = z.string().min(1).max(100);

export const retrieveEvent: Handler = (transaction, { id }) => {
  const row = transaction.tables.events.get(id);
  if (row === undefined) throw missingResource("event", id, { param: "id", in_path: true });
  return { kind: "object", object: { kind: "event", row } };
};

const LIST = z.strictObject({
  ...listing,
  type: typeName.optional(),
  types: z.array(typeName).max(TYPES_MAX).optional(),
  delivery_success: z.enum(["true", "false"]).optional(),
});

export const listEvents: Handler = (transaction, call) => {
  const params = parseParameters(LIST, call.params);
  if (params.type !== undefined && params.types !== undefined) {
    throw invalid("You may only specify one of these parameters: type, types.", { param: "type" });
  }
  const { undelivered, events } = transaction.tables;
  const keep = (row: EventRow) =>
    (params.type === undefined || matchesType(row.type, params.type)) &&
    (params.types?.includes(row.type) ?? true) &&
    (params.delivery_success === undefined || undelivered.has(row.id) === (params.delivery_success === "false"));
  const page = pageOf(events, params, keep);
  return {
    kind: "list",
    url: "/v1/events",
    objects: page.rows.map((row) => ({ kind: "event", row })),
    has_more: page.has_more,
    expand: params.expand,
  };
};

/** `charge.*` is every event about charges. */
function matchesType(type: string, wanted: string): boolean {
  return wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}
