import { useEffect, useRef, useState } from "preact/hooks";
import { ask, reasonOf } from "../api/client.ts";
import type { Order } from "../api/shapes.ts";
import { attemptOfOrder, attempts, keepAttempt } from "../checkout/attempts-kept.ts";
import { Notice } from "../layout/notice.tsx";
import { goTo } from "../routing/navigation.ts";
import { toOrder, toShop } from "../routing/route.ts";
import { type Shop, useShop } from "../shop-context.ts";
import { orderProperties } from "../tracking/commerce.ts";
import { type Followed, followOrder } from "./follow.ts";
import { OrderView } from "./order-view.tsx";
import { storyOf } from "./story.ts";

interface OrderPageProps {
  readonly id: string;
  readonly attempt: string;
}

export function OrderPage({ id, attempt }: OrderPageProps) {
  const known = id !== "" ? id : attempts().find(({ key }) => key === attempt)?.orderId;
  useEffect(() => {
    document.title = "Your order · Breakwater";
    // Back from the bank, whose link was made before the order had an id.
    if (id === "" && known !== undefined) goTo(toOrder(known), { replace: true });
  }, [id, known]);
  if (known === undefined) return <Lost detail="This browser does not know which order it was." />;
  return <FollowedOrder id={known} />;
}

function FollowedOrder({ id }: { readonly id: string }) {
  const shop = useShop();
  const [{ order, trouble }, setFollowed] = useState<Followed>({ order: undefined, trouble: undefined });
  const [refused, setRefused] = useState<string>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    void followOrder(id, setFollowed, leaving.signal);
    return () => leaving.abort();
  }, [id, round]);
  useConsequences(order, shop);
  async function cancel(): Promise<void> {
    // One key for one order: a second click is the same wish.
    const answer = await ask<Order>(`/v1/orders/${id}/cancel`, { method: "POST", key: `cancel-${id}` });
    if (answer.ok) setFollowed({ order: answer.value, trouble: undefined });
    setRefused(answer.ok ? undefined : reasonOf(answer));
    setRound((before) => before + 1);
  }
  if (!order) return trouble === undefined ? <h1 aria-busy="true">Your order</h1> : <Lost detail={trouble} />;
  return (
    <>
      {trouble !== undefined && <Notice title="Not up to date">{trouble}</Notice>}
      {refused !== undefined && <Notice tone="bad">{refused}</Notice>}
      <OrderView order={order} onCancel={cancel} />
    </>
  );
}

const Lost = ({ detail }: { readonly detail: string }) => (
  <section class="empty">
    <h1>We cannot find this order</h1>
    <p>{detail}</p>
    <a class="button" href={toShop()}>
      To the shop
    </a>
  </section>
);

/** What follows from the order's state elsewhere: the purchase is reported once, and the cart is given back or let go. */
function useConsequences(order: Order | undefined, { session, tracker }: Shop): void {
  const done = useRef("");
  const status = order?.status;
  useEffect(() => {
    if (!order || done.current === `${order.id} ${order.status}`) return;
    done.current = `${order.id} ${order.status}`;
    const attempt = attemptOfOrder(order.id);
    if (order.status === "paid" && attempt && !attempt.isReported) {
      // The id makes it one event even if this page is reloaded before anybody knows that it arrived.
      tracker.track("Order Completed", orderProperties(order), `order-completed:${order.id}`);
      keepAttempt({ ...attempt, isReported: true });
    }
    if (attempt && storyOf(order).canOrderAgain) void session.takeBack(order.cart_id);
    else void session.refresh();
  }, [order, status, session, tracker]);
}
