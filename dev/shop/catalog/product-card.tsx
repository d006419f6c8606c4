import { Price } from "../layout/price.tsx";
import { toProduct } from "../routing/route.ts";
import { type Family, hasOnePrice, leadOf } from "./families.ts";

/** One link, whose name is the product's: the whole card can be clicked, and is read once. */
export function ProductCard({ family, level = 3 }: { readonly family: Family; readonly level?: 2 | 3 }) {
  const lead = leadOf(family);
  const isGone = lead.available <= 0;
  const choices = family.variants.length;
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <article class={isGone ? "card card-gone" : "card"}>
      <div class="card-picture">
        <img src={lead.image} alt="" width="400" height="400" loading="lazy" decoding="async" />
        {isGone && <span class="badge">Sold out</span>}
      </div>
      <Heading class="card-title">
        <a href={toProduct(lead.sku)}>{family.title}</a>
      </Heading>
      <p class="card-maker">
        {lead.brand}
        {choices > 1 && <span> · {choices} options</span>}
      </p>
      <p class="card-price">
        <Price price={lead.price} before={lead.compare_at_price} isFrom={!hasOnePrice(family)} />
      </p>
    </article>
  );
}
