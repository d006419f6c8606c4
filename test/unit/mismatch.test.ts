/** Goal: whoever reads a rejection knows which field to look at and what was expected there, and equal mistakes are seen to be equal. */
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { CAUSE_PATTERN, causeName, fingerprintOfParts } from "../../src/domain/fingerprint.ts";
import { mismatchesOf, mismatchText, placeOf } from "../../src/domain/mismatch.ts";
import { ordersMessageSchema } from "../../src/domain/messages.ts";

const explain = (schema: z.ZodType, value: unknown, at: readonly string[] = []) => {
  const { error } = schema.safeParse(value);
  return error ? mismatchesOf(error, value, at) : [];
};
const one = (schema: z.ZodType, value: unknown): [string, string, string] | undefined => {
  const [first] = explain(schema, value);
  return first && [first.path, first.expected, first.actual];
};

describe("a mismatch names the place, what is expected, and what is there", () => {
  test.each([
    ["a missing field", z.object({ a: z.int() }), {}, ["/a", "number", "nothing"]],
    ["a missing field of any type", z.object({ a: z.unknown() }), {}, ["/a", "a value", "nothing"]],
    ["another type", z.object({ a: z.int() }), { a: "24.99" }, ["/a", "number", 'the text "24.99"']],
    ["null", z.object({ a: z.string() }), { a: null }, ["/a", "string", "null"]],
    ["a fraction", z.object({ a: z.int() }), { a: 1.5 }, ["/a", "int", "the number 1.5"]],
    ["too little", z.object({ a: z.int().min(0) }), { a: -1 }, ["/a", "number to be >=0", "the number -1"]],
    ["an unknown word", z.object({ a: z.enum(["x", "y"]) }), { a: "z" }, ["/a", 'one of "x"|"y"', 'the text "z"']],
    ["an object", z.array(z.string()), ["a", {}], ["/1", "string", "an object"]],
    ["an array", z.object({ "a/b~": z.boolean() }), { "a/b~": [1, 2] }, ["/a~1b~0", "boolean", "an array of 2"]],
    ["a text at the root", z.object({}), "x", ["", "object", 'the text "x"']],
  ])("%s", (_, schema, value, expected) => expect(one(schema, value)).toEqual(expected));

  test("inside a union it is the alternative that came closest", () => {
    const schema = z.object({ intent: z.union([z.string(), z.object({ id: z.string() })]) });
    expect(one(schema, { intent: { id: 5 } })).toEqual(["/intent/id", "string", "the number 5"]);
    expect(one(schema, { intent: 5 })?.[0]).toBe("/intent");
  });

  test("a message of no known type says which types there are", () => {
    const found = one(ordersMessageSchema, { v: 1, type: "nonsense" });
    expect(found).toEqual(["/type", "'payment.fact' | 'order.changed'", 'the text "nonsense"']);
  });

  test("a value that was found inside a document has the document's path, and long texts are cut", () => {
    const [found] = explain(z.object({ a: z.int() }), { a: "x".repeat(500) }, ["data", "object"]);
    expect(found?.path).toBe("/data/object/a");
    expect(found?.actual.length).toBeLessThan(80);
    expect(mismatchText(explain(z.object({ a: z.int(), b: z.int() }), { a: 1 }))).toBe(
      "/b: expected number, found nothing",
    );
  });

  test("never more than five", () => {
    const schema = z.object(Object.fromEntries(Array.from("abcdefgh", (key) => [key, z.string()])));
    expect(explain(schema, {})).toHaveLength(5);
  });
});

test("the position in an array does not make another place", () => {
  expect(placeOf("/data/object/items/3/price/17")).toBe("/data/object/items/*/price/*");
  expect(placeOf("/a1/2b")).toBe("/a1/2b");
});

test("a fingerprint is the published FNV-1a, 64 bits, over the JSON of the parts", () => {
  // Computed by another implementation.
  expect(fingerprintOfParts(["a", "b"])).toBe("aec547ab721fa7a8");
  expect(fingerprintOfParts(["a", "b"])).not.toBe(fingerprintOfParts(["ab"]));
  expect(causeName("schema_mismatch", ["x"])).toMatch(CAUSE_PATTERN);
});
