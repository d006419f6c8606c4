/** Goal: a batch of events survives as text, wherever messages are stored as text, and JSON stays JSON. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { diagnose } from "../../src/domain/dead-letter.ts";
import { isEventBatch } from "../../src/domain/events/columns.ts";
import { messageOf, portableMessage, textOf } from "../../src/domain/message-text.ts";
import { batchOf } from "../support/events.ts";

const batch = () =>
  batchOf(
    [
      { id: "a", label: "SKU-1" },
      { id: "b", kind: "rejected", label: "missing_user" },
    ],
    { receivedAt: 1_000, id: "evt_1" },
  );

test("a batch of columns comes back as it was, to the bit", () => {
  const read = messageOf(textOf(batch()) ?? "");
  expect(isEventBatch(read)).toBe(true);
  expect(read).toEqual(batch());
  expect(messageOf(JSON.stringify(portableMessage(batch())))).toEqual(batch());
});

test("whatever the numbers are, those that JSON does not know included", () => {
  fc.assert(
    fc.property(fc.array(fc.double()), fc.array(fc.nat(0xffff)), (floats, shorts) => {
      // A view into a longer buffer is stored alone.
      const view = new Uint16Array([1, 2, ...shorts]).subarray(2);
      const message = { at: Float64Array.from(floats), view };
      expect(messageOf(textOf(message) ?? "")).toEqual({ at: message.at, view: Uint16Array.from(shorts) });
    }),
  );
});

test("anything else is plain JSON, and what only looks like a column stays what it is", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(textOf(value)).toBe(JSON.stringify(value));
      expect(messageOf(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  for (const fake of [
    { $column: "Function", base64: "" },
    { $column: "Uint32Array", base64: "AAA=" },
    { $column: "Uint32Array", base64: "%" },
  ]) {
    expect(messageOf(JSON.stringify(fake))).toEqual(fake);
  }
});

test("a dead batch is readable, replayable as the columns it was, and a damaged one says where", () => {
  const diagnosis = diagnose("events", textOf(batch()) ?? "");
  expect(diagnosis).toMatchObject({ kind: "gave_up", cause: "gave_up.events.batch" });
  expect(diagnosis.kind === "gave_up" && isEventBatch(diagnosis.message)).toBe(true);
  const damaged = { ...batch(), kind: new Uint8Array(5) };
  expect(diagnose("events", textOf(damaged) ?? "")).toMatchObject({ kind: "unparseable", mismatches: [{ path: "" }] });
  expect(diagnose("events", textOf({ ...batch(), idHigh: [1, 2] }) ?? "")).toMatchObject({
    mismatches: [{ path: "/idHigh" }],
  });
});
