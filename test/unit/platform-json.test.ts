import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readJson } from "../../src/platform/http.ts";
import { checkoutSchema } from "../../src/storefront/schemas.ts";

/** Goal: what has passed a schema can be stored and sent on. Threat: a text that JSON can write and nobody can encode, found out when the order is charged. */
const HALF = String.raw`\ud800`;

const read = (schema: z.ZodType, body: string) => {
  const headers = { "content-type": "application/json" };
  return readJson(new Request("http://shop.example/", { method: "POST", headers, body }), schema);
};

describe("half of a surrogate pair", () => {
  const schema = z.object({ lines: z.array(z.object({ note: z.string() })), extra: z.record(z.string(), z.string()) });

  it("is refused with the place where it stands, in texts and in names", async () => {
    const body = `{"lines":[{"note":"fine"},{"note":"x${HALF}"}],"extra":{"a/${HALF}b":"fine"}}`;
    const errors = [
      { pointer: "/extra", detail: expect.stringContaining("surrogate") },
      { pointer: "/lines/1/note", detail: expect.stringContaining("surrogate") },
    ];
    expect(await read(schema, body)).toMatchObject({ ok: false, reason: "validation_failed", errors });
  });

  it("is found however deep it is nested, and named a bounded number of times", async () => {
    const deep = `{"a":${"[".repeat(20_000)}"${HALF}"${"]".repeat(20_000)}}`;
    const errors = [{ detail: expect.stringContaining("surrogate") }];
    expect(await read(z.record(z.string(), z.unknown()), deep)).toMatchObject({ ok: false, errors });
    const many = await read(z.array(z.string()), `[${Array.from({ length: 500 }, () => `"${HALF}"`).join(",")}]`);
    expect(!many.ok && many.reason === "validation_failed" && many.errors).toHaveLength(20);
  });

  it("is no matter where the schema does not read it, and whole pairs are characters", async () => {
    const body = String.raw`{"lines":[{"note":"\ud83d\ude00"}],"extra":{},"unread":"${HALF}"}`;
    expect(await read(schema, body)).toEqual({ ok: true, value: { lines: [{ note: "😀" }], extra: {} } });
  });
});

it.each(["pm_\u00fc", "pm 1", "", "p".repeat(256)])(
  "%j is no payment method: it goes into the provider's requests as it is",
  async (id) => {
    for (const name of ["payment_method", "confirmation_token"]) {
      const body = JSON.stringify({ payment: { [name]: id } });
      const errors = [{ pointer: `/payment/${name}` }];
      expect(await read(checkoutSchema, body)).toMatchObject({ ok: false, reason: "validation_failed", errors });
    }
  },
);

it.each(["payment_method", "confirmation_token"])("%s cannot make a charge that cannot be sent", async (name) => {
  const body = `{"payment":{"${name}":"pm_${HALF}"}}`;
  expect(await read(checkoutSchema, body)).toMatchObject({ ok: false, errors: [{ pointer: `/payment/${name}` }] });
});

it("the address to come back to is Unicode too", async () => {
  const body = `{"payment":{"payment_method":"pm_1","return_url":"https://shop.example/?x=${HALF}"}}`;
  expect(await read(checkoutSchema, body)).toMatchObject({ ok: false, errors: [{ pointer: "/payment/return_url" }] });
});
