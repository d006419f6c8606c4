import { Hono } from "hono";
import { isEndpointId } from "../../domain/ids.ts";
import { unreachable } from "../../domain/result.ts";
import { callObject } from "../../platform/object-call.ts";
import { type OpsBindings, type OpsContext, problem } from "../context.ts";
import { deliveryView, parseDeliveryId } from "../webhooks/view.ts";

export const deliveryRoutes = new Hono<OpsBindings>();

/** 202: it is on its way; the log of its endpoint says what comes of it. */
deliveryRoutes.post("/:id/retry", async (c) => {
  const target = parseDeliveryId(c.req.param("id"));
  if (!target || !isEndpointId(target.endpointId)) return unknownDelivery(c);
  const { endpointId, seq } = target;
  const reply = await callObject(() => c.env.WEBHOOK_ENDPOINT.getByName(endpointId).retry(seq));
  if (reply.ok) return c.json(deliveryView(endpointId, reply.value), 202);
  switch (reply.reason) {
    case "unknown_endpoint":
    case "unknown_delivery":
      return unknownDelivery(c);
    case "endpoint_disabled":
      return problem(
        c,
        409,
        reply.reason,
        "Endpoint disabled",
        "Enable the endpoint first: nothing is sent to it now.",
      );
    default:
      return unreachable(reply);
  }
});

const unknownDelivery = (c: OpsContext): Response =>
  problem(
    c,
    404,
    "unknown_delivery",
    "Unknown delivery",
    "There is no delivery with this id, or it ended too long ago.",
  );
