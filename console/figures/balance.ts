import type { EventLedger } from "../../src/domain/live.ts";

/** What the ledger is off by: received less everything that became of it. Always 0, or something is lost or counted twice. */
export const imbalanceOf = ({ received, applied, duplicate, late, rejected, pending }: EventLedger): number =>
  received - (applied + duplicate + late + rejected + pending);
