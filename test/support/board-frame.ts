import { shopDay } from "../../src/domain/board/day.ts";
import { seeAlerts, UNSEEN_ALERTS } from "../../src/domain/board/sources.ts";
import { LocalDays } from "../../src/domain/local-day.ts";

/** A moment of a shop's day in UTC, and what a board is made of beside its sources: nothing is in force, and nobody watches. */
export const NOW = Date.parse("2026-11-27T15:30:20Z");
export const MINUTE = Math.floor(NOW / 60_000);
export const day = shopDay(NOW, "UTC", new LocalDays("UTC"));
export const NO_ALERTS = seeAlerts(UNSEEN_ALERTS, { shown: [], total: 0 }, NOW);
export const frame = {
  now: NOW,
  day,
  currency: "USD",
  top: 100,
  alerts: NO_ALERTS,
  newestEventAt: null,
  eventToFrame: null,
};
export const since = day.yesterdayStartsAt / 60_000;
