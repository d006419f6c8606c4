import type { Product } from "../api/shapes.ts";
import { availabilityOf } from "./families.ts";

/** What can be had right now. Spoken only when the words change, which the number of units of a full shelf does not. */
export function Stock({ product }: { readonly product: Product }) {
  const availability = product.status === "archived" ? "gone" : availabilityOf(product.available);
  return (
    <p class={`stock stock-${availability}`} role="status">
      <span class="stock-dot" aria-hidden="true" />
      {wordsOf(availability, product.available)}
    </p>
  );
}

function wordsOf(availability: "gone" | "none" | "few" | "plenty", available: number): string {
  switch (availability) {
    case "gone":
      return "No longer made";
    case "none":
      return "Sold out for now";
    case "few":
      return available === 1 ? "The last one" : `Only ${available} left`;
    case "plenty":
      return "In stock";
  }
}
