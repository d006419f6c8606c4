import { type Flag, type FlagEvent, move, newFlag } from "../../src/domain/guard/flag.ts";
import type { ErrorSample, Report } from "../../src/domain/guard/report.ts";

export const NOW = Date.UTC(2026, 10, 27);

export const sample = (key: string): ErrorSample => ({
  key,
  at: NOW,
  outcome: "definite_fail",
  status: 500,
  code: "internal_error",
  detail: "",
  requestId: "r",
  latencyMs: 1,
});
export const report = (epoch: number, ok: number, errors = 0, rest: Partial<Report> = {}): Report => ({
  epoch,
  ok,
  errors: Array.from({ length: errors }, (_, i) => sample(`e${i}`)),
  safe: 0,
  parity: 0,
  lastAt: NOW,
  ...rest,
});

export function after(events: readonly FlagEvent["type"][], firstRung = 0): Flag {
  return events.reduce<Flag>(
    (flag, type) => {
      const moved = move(flag, type === "trip" ? { type, rule: "cusum" } : { type }, NOW);
      if (!moved) throw new Error(`${type} is not legal in ${flag.state}`);
      return moved;
    },
    newFlag("checkout.write", firstRung, NOW),
  );
}
