import { Hono } from "hono";
import * as z from "zod";
import type { AdviceReply } from "../../../durable-objects/cost-book/commands.ts";
import { LIMITS } from "../../domain/limits.ts";
import { unreachable } from "../../domain/result.ts";
import { callObject } from "../../platform/object-call.ts";
import { actorOf, type OpsBindings, type OpsContext, parameter, problem } from "../context.ts";
import { costBookOf } from "../costs/book.ts";
import { adviceView, costsView, settingsView } from "../costs/view.ts";

export const costRoutes = new Hono<OpsBindings>();

const hoursSchema = z.coerce.number().int().min(1).max(LIMITS.costHours).default(24);
const adviceId = z.string().regex(/^[a-z][a-z_-]{0,60}$/);

/** What the shop used and what that costs at list prices: per order, per 1,000 events, by area; and how its caches do. `hours` looks back. */
costRoutes.get("/costs", async (c) => {
  const hours = parameter(c, "hours", c.req.query("hours"), hoursSchema);
  if (hours instanceof Response) return hours;
  return c.json(costsView(await callObject(() => costBookOf(c.env).costs(hours.value))));
});

/** What the last day recommends, with the evidence, what it would save and what it gives up; and the settings in force. */
costRoutes.get("/advice", async (c) => c.json(adviceView(await callObject(() => costBookOf(c.env).advice()))));

/** Puts safe advice into force, without a deployment. Asking again changes nothing. */
costRoutes.post("/advice/:id/apply", (c) => change(c, (id) => costBookOf(c.env).apply({ id, by: actorOf(c) })));

/** Back to what was deployed. */
costRoutes.post("/advice/:id/revert", (c) => change(c, (id) => costBookOf(c.env).revert({ id, by: actorOf(c) })));

async function change(c: OpsContext, command: (id: string) => Promise<AdviceReply>): Promise<Response> {
  const id = adviceId.safeParse(c.req.param("id"));
  if (!id.success) return unknownAdvice(c);
  const reply = await callObject(() => command(id.data));
  if (reply.ok) return c.json({ ...settingsView(reply.value), repeated: reply.value.repeated });
  switch (reply.reason) {
    case "unknown_advice":
      return unknownAdvice(c);
    case "not_safe": {
      const detail = "This is a change of the configuration, which a person makes and deploys; `change` has the lines.";
      return problem(c, 409, "advice_not_safe", "Not to be applied by a command", detail);
    }
    case "not_applied":
      return problem(c, 409, "advice_not_applied", "Not applied", "This advice is not in force.");
    default:
      return unreachable(reply);
  }
}

const unknownAdvice = (c: OpsContext): Response =>
  problem(c, 404, "unknown_advice", "Unknown advice", "Nothing of this name is recommended at the moment.");
