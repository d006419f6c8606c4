import type { PathFlag } from "../../domain/guard/definitions.ts";
import type { C } from "../context.ts";

/** One point per operation on a guarded path. `share` in 1/10,000, `began` in UTC ms. */
export function writePoint(
  c: C,
  point: {
    readonly flag: PathFlag;
    readonly arm: "edge" | "legacy";
    readonly outcome: string;
    readonly share: number;
    readonly began: number;
  },
): void {
  const { flag, arm, outcome, share, began } = point;
  c.env.PATH_POINTS.writeDataPoint({
    indexes: [flag],
    blobs: [flag, arm, outcome],
    doubles: [Date.now() - began, share],
  });
}
