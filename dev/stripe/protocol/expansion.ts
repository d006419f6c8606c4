import { balanceTransactionById } from "../payments/balance-transactions.ts";
import type { Kind } from "../state/rows.ts";
import type { Rendered, RenderingContext } from "./rendering.ts";
import { render } from "./rendering.ts";

/** Stripe's limit. */
const DEPTH_MAX = 4;
const KINDS: Readonly<Record<string, Kind>> = {
  pi: "payment_intent",
  ch: "charge",
  py: "charge",
  re: "refund",
  dp: "dispute",
  pm: "payment_method",
};

/**
 * Puts whole objects in the place of ids along `expand[]` paths such as `latest_charge.balance_transaction`.
 * Stripe refuses a path that does not exist before it acts; here the answer is rendered after the effect, when
 * an error would be a lie, so such a path is ignored.
 */
export function expandAll(body: Rendered, paths: readonly string[], context: RenderingContext): Rendered {
  return paths.reduce((expanded, path) => expandPath(expanded, path.split(".").slice(0, DEPTH_MAX), context), body);
}

function expandPath(body: Rendered, names: readonly string[], context: RenderingContext): Rendered {
  const [name, ...rest] = names;
  if (name === undefined) return body;
  const value = body[name];
  if (Array.isArray(value)) {
    return { ...body, [name]: value.map((item) => (isRendered(item) ? expandPath(item, rest, context) : item)) };
  }
  const whole = typeof value === "string" ? lookUp(value, context) : value;
  return isRendered(whole) ? { ...body, [name]: expandPath(whole, rest, context) } : body;
}

function lookUp(id: string, context: RenderingContext): Rendered | null {
  const prefix = id.slice(0, id.indexOf("_"));
  if (prefix === "txn") {
    const transaction = balanceTransactionById(context.tables, id);
    return transaction === null ? null : render(transaction, context);
  }
  const kind = KINDS[prefix];
  if (kind === undefined || context.tables.of(kind).get(id) === undefined) return null;
  return render(context.tables.resource([kind, id]), context);
}

function isRendered(value: unknown): value is Rendered {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
