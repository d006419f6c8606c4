import type { Order } from "../api/shapes.ts";

export type Tone = "good" | "wait" | "bad" | "calm";
export type StepState = "done" | "now" | "todo" | "failed";

/** What an order's state means to the shopper. */
export interface Story {
  readonly tone: Tone;
  readonly headline: string;
  readonly detail: string;
  /** Placed, paid, sent. */
  readonly steps: readonly [StepState, StepState, StepState];
  readonly canCancel: boolean;
  /** The cart is open again: the same things can be ordered anew. */
  readonly canOrderAgain: boolean;
  /** Nothing more will happen by itself. */
  readonly isOver: boolean;
}

const WAITING = {
  tone: "wait",
  steps: ["done", "now", "todo"],
  canCancel: true,
  canOrderAgain: false,
  isOver: false,
} as const;
const PAID = {
  tone: "good",
  steps: ["done", "done", "now"],
  canCancel: false,
  canOrderAgain: false,
  isOver: false,
} as const;
const LOST = {
  tone: "bad",
  steps: ["done", "failed", "todo"],
  canCancel: false,
  canOrderAgain: true,
  isOver: true,
} as const;

export function storyOf(order: Order): Story {
  switch (order.status) {
    case "placing":
      return { ...WAITING, headline: "We are putting your things aside", detail: "This takes a moment." };
    case "awaiting_payment":
      return { ...WAITING, ...paymentStory(order) };
    case "requires_action":
      return {
        ...WAITING,
        headline: "Your bank wants to know that it is you",
        detail: "It asks on a page of its own and brings you back here. Nothing is charged before that.",
      };
    case "paid":
      return { ...PAID, headline: "Thank you, it is yours", detail: "Your payment has arrived, and we are packing." };
    case "partially_fulfilled":
      return { ...PAID, headline: "Part of it is on its way", detail: "The rest follows." };
    case "fulfilled":
      return {
        ...PAID,
        steps: ["done", "done", "done"],
        headline: "It is on its way",
        detail: "All of it has left us.",
      };
    case "rejected":
      return {
        ...LOST,
        steps: ["failed", "todo", "todo"],
        headline: "Somebody was faster",
        detail: "It sold out in that very moment. Nothing was charged, and your cart is as you left it.",
      };
    case "payment_failed":
      return { ...LOST, headline: headlineOfFailure(order), detail: detailOfFailure(order) };
    case "expired":
      return {
        ...LOST,
        headline: "We waited, and let it go",
        detail: "No payment came in time. Nothing was charged, and your cart is as you left it.",
      };
    case "canceled":
      return {
        ...LOST,
        tone: "calm",
        headline: "Your order is canceled",
        detail: "Nothing is charged. Your cart is as you left it.",
      };
    case "partially_refunded":
      return {
        ...PAID,
        headline: "Part of your money is on its way back",
        detail: "Banks take a few days to show it.",
      };
    case "refunded":
      return {
        ...PAID,
        tone: "calm",
        steps: ["done", "done", "todo"],
        isOver: true,
        headline: "Your money is on its way back",
        detail: "Banks take a few days to show it.",
      };
  }
}

/** Said as it is: what is known, what is not, and how long it may take. */
function paymentStory({ payment }: Order): Pick<Story, "headline" | "detail"> {
  switch (payment.status) {
    case "processing":
      return {
        headline: "Your bank is processing the payment",
        detail: "A debit takes days, not seconds. Your things are kept for you meanwhile; you can close this page.",
      };
    case "unknown":
      return {
        headline: "We are asking what became of your payment",
        detail:
          "The payment provider did not answer in time. You are not charged twice: we look it up before anything else.",
      };
    default:
      return { headline: "Your payment is being processed", detail: waitingTime(payment.expected_in_seconds) };
  }
}

const MINUTE_S = 60;

export function waitingTime(seconds: number | undefined): string {
  if (seconds === undefined || seconds <= 2) return "This takes a moment.";
  if (seconds < MINUTE_S) return `Many are paying right now. Your turn comes in about ${seconds} seconds.`;
  const minutes = Math.round(seconds / MINUTE_S);
  return `Many are paying right now. Your turn comes in about ${minutes === 1 ? "a minute" : `${minutes} minutes`}; you can close this page.`;
}

function headlineOfFailure({ payment }: Order): string {
  return payment.error?.decline_code === undefined ? "The payment did not go through" : "The bank said no";
}

const detailOfFailure = ({ payment }: Order): string =>
  `${payment.error?.message ?? "The payment was not made."} Nothing was charged, and your cart is as you left it.`;

/** Where the shopper has to go, if it is a page: the PSP's `next_action`, of which only this form is known here. */
export function redirectOf(order: Order): string | undefined {
  const action = order.status === "requires_action" ? order.payment.next_action?.["redirect_to_url"] : undefined;
  if (typeof action !== "object" || action === null || !("url" in action) || typeof action.url !== "string")
    return undefined;
  return /^https?:\/\//.test(action.url) ? action.url : undefined;
}
