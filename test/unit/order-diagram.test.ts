import { expect, it } from "vitest";
import { drawnDiagram, orderDiagram } from "../../scripts/order-diagram.ts";

it("the picture of an order's life in the docs is the table's (npm run diagram)", () => {
  expect(drawnDiagram()).toBe(orderDiagram());
});
