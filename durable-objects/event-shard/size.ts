import type { ShardFact } from "../../src/domain/events/facts.ts";
import { partBytes } from "../../src/domain/events/part.ts";
import { inParts, storedBytes } from "../../src/domain/events/stored-size.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import type { ApplyRequest } from "./commands.ts";

/** Money is not let wait for long: two facts are worth a row. */
const EVENTS_PER_FACT = 10;

/** How many events it is worth, when it is asked whether there are enough for a row. */
export const worthOf = ({ part, facts }: ApplyRequest): number =>
  (part?.kind.length ?? 0) + facts.length * EVENTS_PER_FACT;

const REQUEST_BYTES = 200;
/** Beside what the fact says: names and numbers of its effect. */
const EFFECT_BYTES = 400;
/** A line of an order in an effect whose fact does not have it, with the longest SKU. */
const KNOWN_LINE_BYTES = 2 * LIMITS.skuChars + 140;
const FACTS_BYTES_MAX = 500_000;

/** What a request takes in the record of its commit, at most. */
export const requestBytes = ({ part, facts }: ApplyRequest): number =>
  facts.reduce((sum, fact) => sum + factBytes(fact), REQUEST_BYTES + (part ? partBytes(part) : 0));

/** Facts of carts and sessions are stored as they are. Of money the effect is stored: every line's SKU twice, as sold and as checked out. */
export function factBytes({ role, fact }: ShardFact): number {
  const said = storedBytes(fact);
  if (role !== "money") return said;
  // A refund of a reported order is of the lines that its order had.
  const known = fact.type === "order.reported_refund" ? LIMITS.linesPerCart * KNOWN_LINE_BYTES : 0;
  return 2 * said + EFFECT_BYTES + known;
}

/** The same in requests that are each a part of a record: a hundred large orders with long names would be more than storage takes. */
export function requestsOf(request: ApplyRequest): ApplyRequest[] {
  const [first = [], ...rest] = inParts(request.facts, factBytes, FACTS_BYTES_MAX);
  return [{ ...request, facts: first }, ...rest.map((facts) => ({ facts }))];
}
