import { Hono } from "hono";
import * as z from "zod";
import type { FlagReply } from "../../../durable-objects/flag-coordinator/commands.ts";
import { decisionView, flagDetails, flagView, seriesView } from "../../domain/guard/body.ts";
import {
  featureFlags,
  type FlagDefinition,
  findFlag,
  firstRungOf,
  PATH_FLAGS,
} from "../../domain/guard/definitions.ts";
import { FLAG_STATES } from "../../domain/guard/flag.ts";
import { RUNG_NAMES, rungName } from "../../domain/guard/ladder.ts";
import type { ErrorSample } from "../../domain/guard/report.ts";
import {
  COMMANDS,
  type FlagBody,
  type FlagCommandBody,
  type FlagDecisionsBody,
  type FlagsBody,
} from "../../domain/guard/view.ts";
import { LIMITS } from "../../domain/limits.ts";
import { unreachable } from "../../domain/result.ts";
import { bodyProblem, readJson } from "../../platform/http.ts";
import { inTime } from "../../platform/in-time.ts";
import { log } from "../../platform/log.ts";
import { callObject } from "../../platform/object-call.ts";
import { problemResponse } from "../../platform/problem.ts";
import { mapBounded } from "../concurrency.ts";
import { extraOf, type OpsBindings, type OpsContext, parameter, problem } from "../context.ts";
import { cursorOf, pageOf } from "../page.ts";

/** Guarded flags: what they do, why, and a person's say in it. Every command wants a reason, which stands in the flag's own log. */
export const flagRoutes = new Hono<OpsBindings>();

const FLAGS_IN_FLIGHT = 20;
/** The list is wanted most when something is wrong, so it waits for no coordinator longer than this. */
const LIST_ANSWER_MS = 2_500;
const DAY_S = 86_400;
const HOUR_S = 3_600;

const reason = z.string().trim().min(1).max(LIMITS.textChars);
const commandSchema = z.strictObject({
  reason,
  if_epoch: z.int().min(0).optional(),
  if_rung: z.enum(RUNG_NAMES).optional(),
  if_state: z.enum(FLAG_STATES).optional(),
}) satisfies z.ZodType<FlagCommandBody>;
const rehearsalSchema = z.strictObject({ reason, fault: z.enum(["throw"]).nullable() });
const secondsSchema = z.coerce.number("must be a whole number of seconds").int().min(10).max(DAY_S).default(HOUR_S);
const outcomesSchema = z.strictObject({
  epoch: z.int().min(0),
  ok: z.int().min(0).max(1_000_000).default(0),
  safe: z.int().min(0).max(1_000_000).default(0),
  errors: z
    .array(
      z.strictObject({
        /** Names the operation: however often it is retried and reported, it counts once. */
        key: z.string().min(1).max(LIMITS.nameChars),
        code: z.string().min(1).max(100).default("error"),
        detail: z.string().max(LIMITS.textChars).default(""),
      }),
    )
    .max(LIMITS.reportErrors)
    .default([]),
});

const flagsOf = (c: OpsContext): FlagDefinition[] => [...PATH_FLAGS, ...featureFlags(c.env.FEATURE_FLAGS)];
const isGuarded = (c: OpsContext, { kind }: FlagDefinition): boolean =>
  kind === "feature" || c.env.LEGACY_ORIGIN !== "";
const objectOf = (c: OpsContext, { key }: FlagDefinition) => c.env.FLAG_COORDINATOR.getByName(key);

/** All of them. One whose coordinator does not answer is named, and takes nobody the others' state and their way to `kill`. */
flagRoutes.get("/", async (c) => {
  const flags = flagsOf(c);
  const bodies = await mapBounded(flags, FLAGS_IN_FLIGHT, (flag) => bodyOf(c, flag));
  const data = bodies.filter((body) => body !== undefined);
  const silent = flags.filter((_flag, index) => bodies[index] === undefined);
  return c.json<FlagsBody>({ data, silent, next_cursor: null });
});

flagRoutes.get("/:key", async (c) => {
  const flag = named(c);
  if (flag instanceof Response) return flag;
  return c.json(flagDetails(flag, isGuarded(c, flag), await callObject(() => objectOf(c, flag).view())));
});

/** The statistic against its limit, in buckets of ten seconds. `?seconds=` up to a day; an hour unless asked for. */
flagRoutes.get("/:key/series", async (c) => {
  const flag = named(c);
  if (flag instanceof Response) return flag;
  const seconds = parameter(c, "seconds", c.req.query("seconds"), secondsSchema);
  if (seconds instanceof Response) return seconds;
  return c.json(seriesView(await callObject(() => objectOf(c, flag).series(seconds.value * 1_000))));
});

/** What can be expected of the guard at the traffic of the last hour. */
flagRoutes.get("/:key/guard", async (c) => {
  const flag = named(c);
  if (flag instanceof Response) return flag;
  const details = flagDetails(flag, isGuarded(c, flag), await view(c, flag));
  return c.json({ key: flag.key, guard: details.guarded ? details.guard : null, expected: details.expected });
});

/** The log, newest first, and whether its chain is whole. */
flagRoutes.get("/:key/decisions", async (c) => {
  const flag = named(c);
  if (flag instanceof Response) return flag;
  const page = pageOf(c, z.int().min(1));
  if (page instanceof Response) return page;
  const { decisions, chain } = await callObject(() => objectOf(c, flag).decisions(page.limit + 1, page.after));
  const shown = decisions.slice(0, page.limit);
  const last = decisions.length > page.limit ? shown.at(-1) : undefined;
  return c.json<FlagDecisionsBody>({
    data: shown.map(decisionView),
    next_cursor: last ? cursorOf(last.seq) : null,
    chain: { intact: chain.intact, first_broken: chain.firstBroken },
  });
});

for (const type of COMMANDS) {
  flagRoutes.post(`/:key/${type}`, async (c) => {
    const flag = guarded(c);
    if (flag instanceof Response) return flag;
    const body = await readJson(c.req.raw, commandSchema);
    if (!body.ok) return bodyProblem(body, extraOf(c));
    const { reason: why, if_epoch: epoch, if_rung: name, if_state: state } = body.value;
    const command = {
      key: flag.key,
      type,
      by: c.get("actor").name,
      reason: why,
      firstRung: firstRungOf(flag),
      seen: { epoch, state, rung: name === undefined ? undefined : RUNG_NAMES.indexOf(name) },
    };
    const decide = () => objectOf(c, flag).command(command);
    // Not repeated by us: `advance` twice is two rungs, unless its sender says from which. Whoever got no answer looks before deciding again. Killing twice is killing once.
    return answer(c, flag, await (type === "kill" ? callObject(decide) : decide()));
  });
}

/** Makes the new path of a guarded write fail on purpose, to see the guard at work; `fault: null` ends it, as does the rollback. */
flagRoutes.post("/:key/rehearse", async (c) => {
  const flag = guarded(c);
  if (flag instanceof Response) return flag;
  if (flag.kind !== "path")
    return problem(c, 409, "not_rehearsable", "Not rehearsable", "Only write paths can be rehearsed.");
  const body = await readJson(c.req.raw, rehearsalSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const command = { key: flag.key, by: c.get("actor").name, ...body.value };
  return answer(c, flag, await callObject(() => objectOf(c, flag).rehearse(command)));
});

/** What one of the shop's own services saw behind its flag. The answer is what is true from now on. */
flagRoutes.post("/:key/outcomes", async (c) => {
  const flag = guarded(c);
  if (flag instanceof Response) return flag;
  const body = await readJson(c.req.raw, outcomesSchema);
  if (!body.ok) return bodyProblem(body, extraOf(c));
  const { epoch, ok, safe, errors } = body.value;
  const at = Date.now();
  const samples = errors.map(({ key, code, detail }): ErrorSample => {
    return { key, at, outcome: "definite_fail", status: 0, code, detail, requestId: c.get("requestId"), latencyMs: 0 };
  });
  // Not repeated by us either: successes that are counted twice would make it look better than it is.
  const lease = await objectOf(c, flag).report({ epoch, ok, safe, errors: samples, parity: 0, lastAt: at });
  return c.json({
    key: flag.key,
    state: lease?.state ?? "off",
    epoch: lease?.epoch ?? 0,
    share_percent: (lease?.share ?? 0) / 100,
  });
});

const view = (c: OpsContext, flag: FlagDefinition) => callObject(() => objectOf(c, flag).view());

/** Nothing when its coordinator does not answer. What is not guarded has none to ask. */
async function bodyOf(c: OpsContext, flag: FlagDefinition): Promise<FlagBody | undefined> {
  if (!isGuarded(c, flag)) return flagView(flag, false, null);
  try {
    return flagView(flag, true, await inTime(view(c, flag), LIST_ANSWER_MS, "the coordinator's answer"));
  } catch (error) {
    log("warn", "flag_coordinator_silent", { flag: flag.key, error: String(error) });
    return undefined;
  }
}

function answer(c: OpsContext, flag: FlagDefinition, reply: FlagReply): Response {
  if (reply.ok) return c.json(flagDetails(flag, true, reply.value));
  switch (reply.reason) {
    case "not_legal": {
      const { state, command } = reply;
      const detail = `"${command}" is not possible while the flag is ${state}.`;
      return problemResponse(409, reply.reason, "Not possible in this state", detail, { ...extraOf(c), state });
    }
    case "moved": {
      const { state, epoch } = reply;
      const rung = rungName(reply.rung);
      const detail = `It has moved meanwhile: ${state}, at ${rung}, epoch ${epoch}. Nothing was done.`;
      return problemResponse(412, "flag_moved", "Moved meanwhile", detail, { ...extraOf(c), state, epoch, rung });
    }
    default:
      return unreachable(reply);
  }
}

function named(c: OpsContext): FlagDefinition | Response {
  const flag = findFlag(c.req.param("key") ?? "", featureFlags(c.env.FEATURE_FLAGS));
  return flag ?? problem(c, 404, "unknown_flag", "Unknown flag", "There is no flag with this key.");
}

function guarded(c: OpsContext): FlagDefinition | Response {
  const flag = named(c);
  if (flag instanceof Response || isGuarded(c, flag)) return flag;
  const detail =
    "Without LEGACY_ORIGIN there is no other path, so this one is at 100 % and there is nothing to decide.";
  return problem(c, 409, "unguarded", "Nothing is guarded", detail);
}
