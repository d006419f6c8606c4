/** Goal: a dead message says what is wrong with it, as far as its body can tell. */
import { expect, test } from "vitest";
import { diagnose } from "../../src/domain/dead-letter.ts";
import { CAUSE_PATTERN } from "../../src/domain/fingerprint.ts";

const fact = (changes: object = {}) => ({
  v: 1,
  type: "payment.fact",
  id: "api:pi_1:captured:1",
  orderId: "ord_1",
  source: "api",
  fact: { type: "captured", intent: "pi_1", amount: 2_495, currency: "USD", attempt: 1, at: 0 },
  ...changes,
});
const read = (value: unknown) => diagnose("orders", JSON.stringify(value));

test("a readable one was given up on: the cause is its type, since the platform tells no error", () => {
  expect(read(fact())).toMatchObject({
    kind: "gave_up",
    cause: "gave_up.payment.fact",
    message: { id: "api:pi_1:captured:1" },
  });
  expect(read(fact({ fromTomorrow: 1 }))).toMatchObject({ message: { fromTomorrow: 1 } });
});

test.each([
  [
    "a wrong type deep inside",
    fact({ fact: { type: "captured", intent: "pi_1", amount: "24.95", currency: "USD", attempt: 1, at: 0 } }),
    "/fact/amount",
  ],
  ["another version", fact({ v: 2 }), "/v"],
  ["an unknown type", fact({ type: "nonsense" }), "/type"],
  ["no object", "text", ""],
])("%s is named by its path", (_, value, path) => {
  expect(read(value)).toMatchObject({ kind: "unparseable", mismatches: [{ path }] });
});

test("what is alike has one cause, and a message of another queue is not this queue's", () => {
  const cause = (id: string) => read(fact({ id, v: 2 })).cause;
  expect(cause("a")).toBe(cause("b"));
  expect(cause("a")).toMatch(CAUSE_PATTERN);
  expect(cause("a")).not.toBe(read(fact({ orderId: 5 })).cause);
  expect(diagnose("payments", JSON.stringify(fact())).kind).toBe("unparseable");
});

test("a body that is not even JSON is kept for a person", () => {
  expect(diagnose("events", '{"cut')).toMatchObject({ kind: "unparseable", mismatches: [{ expected: "JSON" }] });
});
