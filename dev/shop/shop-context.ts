import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { CartSession } from "./basket/basket.ts";
import type { Basket } from "./basket/state.ts";
import type { Tracker } from "./tracking/tracker.ts";

/** What every page needs: the shopper's cart, and whom to tell what the shopper does. */
export interface Shop {
  readonly session: CartSession;
  readonly tracker: Tracker;
  /** Says something to everyone: in a corner for a few seconds, and to screen readers. */
  readonly announce: (announcement: Announcement) => void;
}

export interface Announcement {
  readonly text: string;
  readonly link?: { readonly href: string; readonly text: string };
}

export const ShopContext = createContext<Shop | undefined>(undefined);

export function useShop(): Shop {
  const shop = useContext(ShopContext);
  if (!shop) throw new Error("a page is drawn outside of the shop");
  return shop;
}

export function useBasket(): Basket {
  const { session } = useShop();
  const [basket, setBasket] = useState(session.basket);
  useEffect(() => {
    setBasket(session.basket);
    return session.subscribe(() => setBasket(session.basket));
  }, [session]);
  return basket;
}
