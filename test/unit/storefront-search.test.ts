import { beforeAll, expect, it } from "vitest";
import { putProduct } from "../../src/ops/catalog.ts";
import { readPage } from "../../src/storefront/catalog/read.ts";
import { openD1 } from "./payments-d1.ts";

/** Goal: what is sold is found by its name, in whatever alphabet and case. Threat: SQLite's own lower case, which knows ASCII only. */
const { db } = openD1();
const NAMES = {
  BATH: "Ölbad Élan",
  CREAM: "Крем ДЛЯ РУК",
  DAY: "日焼け止め Gel",
  SOAP: "Groß's SOAP",
};

beforeAll(async () => {
  const product = {
    category: "body",
    brand: "Ärzte",
    description: "",
    price: { amount: 700, currency: "USD" },
    image: "",
    status: "active",
  } as const;
  for (const [sku, name] of Object.entries(NAMES)) await putProduct(db, sku, { ...product, name }, 1);
});

const found = async (q: string): Promise<string[]> =>
  (await readPage(db, { q, limit: 20 })).items.map(({ sku }) => sku);

it.each([
  ["Ölbad", ["BATH"]],
  ["ölbad é", ["BATH"]],
  ["ÖLBAD ÉLAN", ["BATH"]],
  ["olbad", []],
  ["крем для рук", ["CREAM"]],
  ["КРЕМ", ["CREAM"]],
  ["日焼け", ["DAY"]],
  ["GROß", ["SOAP"]],
  ["soap", ["SOAP"]],
  ["ärzte", ["BATH", "CREAM", "DAY", "SOAP"]],
  ["", ["BATH", "CREAM", "DAY", "SOAP"]],
])("%j", async (q, skus) => {
  expect(await found(q)).toEqual(skus);
});

it("a text of more letters than are folded is looked for all the same", async () => {
  const letters = String.fromCodePoint(...Array.from({ length: 100 }, (_, i) => 0x430 + i));
  expect(await found(letters)).toEqual([]);
});
