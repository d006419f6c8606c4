import type { Standing } from "../../src/domain/guard/flag.ts";
import type { ErrorSample, Report } from "../../src/domain/guard/report.ts";
import type { CommandType } from "../../src/domain/guard/view.ts";
import { env } from "./objects.ts";

let names = 0;
export const newCoordinator = (): { key: string; object: () => ReturnType<typeof env.FLAG_COORDINATOR.getByName> } => {
  const key = `flag.${(names += 1)}.${crypto.randomUUID().slice(0, 8)}`;
  return { key, object: () => env.FLAG_COORDINATOR.getByName(key) };
};
export type Coordinator = ReturnType<typeof newCoordinator>;

export const command = async ({ key, object }: Coordinator, type: CommandType, seen: Standing = {}) =>
  object().command({ key, type, by: "anna", reason: "test", firstRung: 0, seen });

export const sample = (key: string): ErrorSample => ({
  key,
  at: Date.now(),
  outcome: "definite_fail",
  status: 500,
  code: "internal_error",
  detail: "boom",
  requestId: "req_1",
  latencyMs: 3,
});
export const report = (
  epoch: number,
  ok: number,
  keys: readonly string[] = [],
  rest: Partial<Report> = {},
): Report => ({
  epoch,
  ok,
  errors: keys.map(sample),
  safe: 0,
  parity: 0,
  lastAt: Date.now(),
  ...rest,
});
export const keysOf = (count: number, prefix = "op"): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}:${i}`);

/** Started, and at 25 % under epoch 1. */
export async function atQuarter(): Promise<Coordinator> {
  const flag = newCoordinator();
  for (const type of ["start", "advance", "advance", "advance"] as const) await command(flag, type);
  return flag;
}

export const kinds = async ({ object }: Coordinator): Promise<string[]> =>
  (await object().decisions(100)).decisions.map(({ kind }) => kind).toReversed();
