import { bytesOfDelta } from "../../src/domain/events/deltas.ts";
import type { ProductFacts } from "../../src/domain/events/product.ts";
import { inParts, storedBytes } from "../../src/domain/events/stored-size.ts";
import { unreachable } from "../../src/domain/result.ts";
import type { SliceCommand } from "./commands.ts";

const COMMAND_BYTES = 200;
/** The names of a segment's properties and columns; what it counts comes on top. */
const SEGMENT_BYTES = 400;
const ENRICH_BYTES_MAX = 500_000;

/** What a command takes in the record of its commit, at most. */
export function commandBytes(command: SliceCommand): number {
  switch (command.type) {
    case "take":
      return command.push.segments.reduce((sum, { delta }) => sum + SEGMENT_BYTES + bytesOfDelta(delta), COMMAND_BYTES);
    case "stock":
      return COMMAND_BYTES + storedBytes(command.levels);
    case "enrich":
      return COMMAND_BYTES + storedBytes(command.products);
    case "rules":
      return COMMAND_BYTES + storedBytes(command.lease);
    case "look":
      return COMMAND_BYTES;
    default:
      return unreachable(command);
  }
}

/** As many commands as it takes: five hundred products with long names are more than a record may be. */
export const enrichCommands = (products: readonly ProductFacts[]): SliceCommand[] =>
  inParts(products, storedBytes, ENRICH_BYTES_MAX).map((part) => ({ type: "enrich", products: part }));
