import type { ComponentChildren } from "preact";
import type { Cart, Shortage } from "../api/shapes.ts";
import type { PriceChange } from "../basket/state.ts";
import { Notice } from "../layout/notice.tsx";
import { formatMoney } from "../money.ts";
import { CART } from "../routing/route.ts";
import { useShop } from "../shop-context.ts";
import type { NotPlaced } from "./place-order.ts";

interface TroubleProps {
  readonly placed: NotPlaced;
  readonly cart: Cart;
}

/** Why there is no order yet, with what can be done about it right here. */
export function Trouble({ placed, cart }: TroubleProps): ComponentChildren {
  switch (placed.outcome) {
    case "short":
      return (
        <Notice tone="bad" title="Somebody was faster">
          <p>{placed.detail}</p>
          <ul class="notice-list">
            {placed.shortages.map((shortage) => (
              <ShortageRow key={shortage.sku} shortage={shortage} cart={cart} />
            ))}
          </ul>
        </Notice>
      );
    case "repriced":
      return (
        <Notice title="Prices have changed">
          <p>{placed.detail}</p>
          <ul class="notice-list">
            {placed.changes.map((change) => (
              <PriceRow key={change.sku} change={change} currency={cart.currency} />
            ))}
          </ul>
        </Notice>
      );
    case "withdrawn":
      return (
        <Notice tone="bad" title="Something is no longer sold">
          <p>{placed.detail}</p>
          <ul class="notice-list">
            {placed.skus.map((sku) => (
              <RemoveRow key={sku} sku={sku} cart={cart} />
            ))}
          </ul>
        </Notice>
      );
    case "unknown":
      return <Notice title="Still on its way">{placed.detail}</Notice>;
    case "email":
      return <Notice tone="bad">{placed.detail}</Notice>;
    case "changed":
    case "refused":
      return (
        <Notice tone="bad" title="The order was not placed">
          <p>{placed.detail}</p>
          <a href={CART}>See your cart</a>
        </Notice>
      );
  }
}

const nameIn = (cart: Cart, sku: string): string => cart.lines.find((line) => line.sku === sku)?.name ?? sku;

/** Gone from the list once the cart no longer asks for more than there is. */
function ShortageRow({ shortage, cart }: { readonly shortage: Shortage; readonly cart: Cart }) {
  const { session } = useShop();
  const { sku, available } = shortage;
  const asked = cart.lines.find((line) => line.sku === sku)?.quantity ?? 0;
  const isResolved = asked <= available;
  return (
    <li>
      <span>
        <b>{nameIn(cart, sku)}</b>
        {isResolved
          ? asked === 0
            ? ": taken out"
            : `: ${asked} of them now`
          : `: ${available === 0 ? "sold out" : `only ${available} left`}, you asked for ${asked}`}
      </span>
      {!isResolved && (
        <button type="button" class="button button-small" onClick={() => session.setQuantity(sku, available)}>
          {available === 0 ? "Take it out" : `Take ${available}`}
        </button>
      )}
    </li>
  );
}

function PriceRow({ change, currency }: { readonly change: PriceChange; readonly currency: string }) {
  return (
    <li>
      <span>
        <b>{change.name}</b>: <s>{formatMoney({ amount: change.from, currency })}</s>{" "}
        {formatMoney({ amount: change.to, currency })}
      </span>
    </li>
  );
}

function RemoveRow({ sku, cart }: { readonly sku: string; readonly cart: Cart }) {
  const { session } = useShop();
  const isThere = cart.lines.some((line) => line.sku === sku);
  return (
    <li>
      <b>{nameIn(cart, sku)}</b>
      {isThere && (
        <button type="button" class="button button-small" onClick={() => session.setQuantity(sku, 0)}>
          Take it out
        </button>
      )}
    </li>
  );
}
