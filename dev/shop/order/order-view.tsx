import { useState } from "preact/hooks";
import type { Order } from "../api/shapes.ts";
import { Summary } from "../basket/summary.tsx";
import { useProducts } from "../catalog/use-products.ts";
import { formatMoney } from "../money.ts";
import { CHECKOUT, toProduct, toShop } from "../routing/route.ts";
import { redirectOf, type Story, storyOf } from "./story.ts";

interface OrderViewProps {
  readonly order: Order;
  readonly onCancel: () => Promise<void>;
}

export function OrderView({ order, onCancel }: OrderViewProps) {
  const story = storyOf(order);
  return (
    <div class={`order order-${story.tone}`}>
      <section class="order-story">
        <p class="order-number">Order {order.number}</p>
        <div role="status">
          <h1>{story.headline}</h1>
          <p class="order-detail">{story.detail}</p>
        </div>
        <Steps steps={story.steps} />
        <Actions order={order} story={story} onCancel={onCancel} />
        {order.payment.status === "processing" && <PlayTheBank intent={order.payment.intent ?? ""} />}
      </section>
      <Receipt order={order} />
    </div>
  );
}

const STEP_NAMES = ["Placed", "Paid", "Sent"] as const;
const STEP_WORDS = { done: "done", now: "under way", todo: "to come", failed: "did not happen" } as const;

function Steps({ steps }: Pick<Story, "steps">) {
  return (
    <ol class="steps">
      {steps.map((state, at) => (
        <li key={STEP_NAMES[at]} class={`step step-${state}`}>
          <span class="step-mark" aria-hidden="true" />
          {STEP_NAMES[at]}
          <span class="unseen">: {STEP_WORDS[state]}</span>
        </li>
      ))}
    </ol>
  );
}

function Actions({ order, story, onCancel }: OrderViewProps & { readonly story: Story }) {
  const [isCanceling, setCanceling] = useState(false);
  const bank = redirectOf(order);
  async function cancel(): Promise<void> {
    setCanceling(true);
    await onCancel();
    setCanceling(false);
  }
  return (
    <div class="order-actions">
      {bank !== undefined && (
        <a class="button" href={bank}>
          Continue to your bank
        </a>
      )}
      {story.canOrderAgain && (
        <a class="button" href={CHECKOUT}>
          Try again
        </a>
      )}
      {story.canCancel && (
        <button type="button" class="button button-quiet" disabled={isCanceling} onClick={() => void cancel()}>
          {isCanceling ? "Canceling …" : "Cancel the order"}
        </button>
      )}
      {!story.canCancel && (
        <a class={story.canOrderAgain ? "button button-quiet" : "button"} href={toShop()}>
          To the shop
        </a>
      )}
    </div>
  );
}

/** Nobody else will: the stand-in waits to be told what the bank decided. */
function PlayTheBank({ intent }: { readonly intent: string }) {
  return (
    <details class="play">
      <summary>This is a demo: be the bank</summary>
      <p>The stand-in for the payment provider settles the debit when it is told to:</p>
      <pre>{`curl http://127.0.0.1:12111/_control/payment_intents/${intent}/settle -d outcome=success`}</pre>
      <p>This page then changes by itself.</p>
    </details>
  );
}

function Receipt({ order }: { readonly order: Order }) {
  const products = useProducts(order.lines.map((line) => line.sku));
  const { captured, refunded } = order.payment;
  return (
    <aside class="panel" aria-label="What you ordered">
      <ul class="order-lines order-lines-pictured">
        {order.lines.map(({ sku, name, quantity, total }) => (
          <li key={sku}>
            <span class="order-line-picture">
              {products.get(sku) && <img src={products.get(sku)?.image} alt="" width="400" height="400" />}
            </span>
            <span>
              {quantity > 1 && <b>{quantity} × </b>}
              <a href={toProduct(sku)}>{name}</a>
            </span>
            <span>{formatMoney(total)}</span>
          </li>
        ))}
      </ul>
      <Summary totals={order.totals} />
      <p class="paid">
        {captured.amount === 0 ? "Nothing has been charged." : `${formatMoney(captured)} paid.`}
        {refunded.amount > 0 && ` ${formatMoney(refunded)} refunded.`}
        {order.customer && ` Ordered by ${order.customer.email}.`}
      </p>
    </aside>
  );
}
