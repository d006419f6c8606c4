import { describeMachine } from "../../../bench/machine.ts";
import { findPlace } from "../../../bench/settings.ts";
import type { Drill } from "../list.ts";
import { progress } from "../stage.ts";
import { exerciseKills } from "./kills.ts";
import { renderEvents, renderKills } from "./report.ts";
import { exerciseEvents, startEventsShop } from "./run.ts";
import { EVENTS, KILLS, readSettings, usageOf } from "./settings.ts";

const ORDERS_PER_SECOND = 4;

/** A day's events of which many come twice and some are broken, while orders are placed: does every figure agree to the event and the cent? */
export const events: Drill = {
  name: "events",
  usage: usageOf(EVENTS),
  run: async (args, stage) => {
    const { count, seed, json, place: wanted } = readSettings(args, EVENTS);
    const [place, machine] = [findPlace(wanted), describeMachine()];
    progress("Bundling the Workers and starting a shop whose queues outlive it ...");
    const world = await startEventsShop(stage.open(place), seed);
    try {
      const findings = await exerciseEvents(world, {
        events: count,
        seed,
        ordersPerSecond: ORDERS_PER_SECOND,
        progress,
      });
      const { text, wrong } = renderEvents(machine, place.kind, findings);
      const { plan, finding: _finding, ...rest } = findings;
      const document = { machine, state: place.kind, seed, duplicates: plan.books.duplicates, ...rest, wrong };
      return { text: json ? JSON.stringify(document, null, 2) : text, holds: wrong.length === 0 };
    } finally {
      await world.queues.close();
    }
  },
};

/** The runtime dies again and again while events come in: is anything lost that was acknowledged, or counted twice? */
export const kill: Drill = {
  name: "kill",
  usage: usageOf(KILLS),
  run: async (args, stage) => {
    const { count, seed, json, place: wanted } = readSettings(args, KILLS);
    const [place, machine] = [findPlace(wanted), describeMachine()];
    progress("Bundling the Workers and starting a shop whose queues outlive it ...");
    const world = await startEventsShop(stage.open(place), seed);
    try {
      const findings = await exerciseKills(world, { kills: count, seed, progress });
      const { text, wrong } = renderKills(machine, place.kind, seed, findings);
      const { plan: _plan, ...rest } = findings;
      const document = { machine, state: place.kind, seed, ...rest, wrong };
      return { text: json ? JSON.stringify(document, null, 2) : text, holds: wrong.length === 0 };
    } finally {
      await world.queues.close();
    }
  },
};
