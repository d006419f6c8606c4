import { useEffect, useState } from "preact/hooks";
import type { Product } from "../api/shapes.ts";
import { Notice } from "../layout/notice.tsx";
import { Price } from "../layout/price.tsx";
import { toShop } from "../routing/route.ts";
import { useShop } from "../shop-context.ts";
import { productProperties } from "../tracking/commerce.ts";
import { AddToCart } from "./add-to-cart.tsx";
import { nameOfCategory } from "./category-names.ts";
import { familiesOf, optionLabels, titleOf } from "./families.ts";
import { ProductCard } from "./product-card.tsx";
import { Stock } from "./stock.tsx";
import { useNeighbours, useProduct } from "./use-product.ts";
import { VariantChoice } from "./variant-choice.tsx";

const MORE_LIKE_THIS = 4;

export function ProductPage({ sku }: { readonly sku: string }) {
  const { product, isUnknown, trouble } = useProduct(sku);
  const neighbours = useNeighbours(product);
  useViewTracking(product);
  if (isUnknown) {
    return (
      <section class="empty">
        <h1>This is not on our shelves</h1>
        <p>{trouble}</p>
        <a class="button" href={toShop()}>
          See what is
        </a>
      </section>
    );
  }
  if (!product) return trouble === undefined ? <Waiting /> : <Notice tone="bad">{trouble}</Notice>;
  return (
    <>
      <nav class="crumbs" aria-label="You are here">
        <a href={toShop()}>Shop</a>
        <a href={toShop(product.category)}>{nameOfCategory(product.category)}</a>
      </nav>
      <ProductDetails product={product} neighbours={neighbours} />
      <MoreLikeThis product={product} neighbours={neighbours} />
    </>
  );
}

const Waiting = () => (
  <div class="product" aria-busy="true">
    <div class="card-placeholder" />
  </div>
);

interface DetailsProps {
  readonly product: Product;
  readonly neighbours: readonly Product[];
}

function ProductDetails({ product, neighbours }: DetailsProps) {
  const siblings = neighbours.filter(({ product_id, sku }) => product_id === product.product_id && sku !== product.sku);
  const variants = familiesOf([product, ...siblings])[0]?.variants ?? [product];
  const { labels, common } = optionLabels(variants);
  const [quantity, setQuantity] = useState(1);
  useEffect(() => setQuantity(1), [product.sku]);
  return (
    <div class="product">
      <div class="product-picture">
        <img src={product.image} alt={`${titleOf(product.name)} by ${product.brand}`} width="400" height="400" />
      </div>
      <div class="product-words">
        <p class="product-maker">{product.brand}</p>
        <h1>{titleOf(product.name)}</h1>
        {common.length > 0 && <p class="product-common">{common.join(", ")}</p>}
        <p class="product-price">
          <Price price={product.price} before={product.compare_at_price} />
        </p>
        <p class="product-about">{product.description}</p>
        {variants.length > 1 && <VariantChoice variants={variants} labels={labels} chosen={product.sku} />}
        <Stock product={product} />
        <AddToCart product={product} quantity={quantity} onQuantity={setQuantity} />
      </div>
    </div>
  );
}

function MoreLikeThis({ product, neighbours }: DetailsProps) {
  const others = familiesOf(neighbours.filter(({ product_id }) => product_id !== product.product_id));
  if (others.length === 0) return null;
  return (
    <section class="more-like-this" aria-labelledby="more-heading">
      <h2 id="more-heading">Also in {nameOfCategory(product.category).toLowerCase()}</h2>
      <ul class="grid">
        {others.slice(0, MORE_LIKE_THIS).map((family) => (
          <li key={family.id}>
            <ProductCard family={family} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Once per product that is looked at, not per look at its stock. */
function useViewTracking(product: Product | undefined): void {
  const { tracker } = useShop();
  useEffect(() => {
    if (!product) return;
    document.title = `${titleOf(product.name)} · Breakwater`;
    tracker.track("Product Viewed", productProperties(product));
  }, [product?.sku, tracker]);
}
