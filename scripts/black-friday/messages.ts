import * as z from "zod";

/** What the generator is told, as a file: it is a process of its own, so that nothing that watches it makes it late. */
export const specSchema = z.object({
  shop: z.url(),
  bank: z.url(),
  write_key: z.string(),
  run: z.string(),
  skus: z.array(z.string()).min(1),
  flash_sku: z.string(),
  seed: z.int(),
  orders: z.int(),
  shoppers: z.int(),
  visits: z.int(),
  day_ms: z.number(),
  has_mishaps: z.boolean(),
  /** Where its outcome goes. */
  outcome: z.string(),
});
export type Spec = z.infer<typeof specSchema>;

const count = z.int().min(0);
export const countsSchema = z.object({
  /** Shoppers that have come so far, and those that are inside now. */
  visits: count,
  inside: count,
  /** Checkouts that have been due; those that were accepted, including second tries with another card. */
  due: count,
  accepted: count,
  /** Accepted with the flash sale's product in the cart. */
  flash: count,
  sold_out: count,
  /** HTTP requests, those of shoppers and those with events. */
  requests: count,
  /** Asked again under the same key. */
  retries: count,
  /** Nobody answered: it took too long, the connection broke, or it was cut on purpose (`cut`, a part of it). */
  unanswered: count,
  cut: count,
  /** Product pages that did not load before their shopper lost patience; a part of `unanswered`. */
  pages_lost: count,
  double_clicks: count,
  /** Answers that said that they had been given before. */
  replayed: count,
  /** Two answers under one key that named different orders. */
  two_orders: count,
  events_sent: count,
  events_acknowledged: count,
  /** Batches that nobody took in all their tries, and their events. */
  events_given_up: count,
});
export type Counts = z.infer<typeof countsSchema>;

/** One line on standard output, twice a second. Times in ms since the beginning of the day. */
export const sampleSchema = z.object({
  at: z.number(),
  counts: countsSchema,
  /** Of the checkouts that were answered in the last seconds, from when they were due. */
  checkout_ms: z.object({ p50: z.number(), p99: z.number() }).nullable(),
});
export type Sample = z.infer<typeof sampleSchema>;

const cardSchema = z.enum(["good", "declined", "authenticated", "not_authenticated"]);

export const outcomeSchema = z.object({
  /** UTC ms. */
  began_at: z.number(),
  played_ms: z.number(),
  counts: countsSchema,
  inside_most: count,
  accepted: z.array(z.object({ order: z.string(), card: cardSchema, flash: z.boolean() })),
  /** Each checkout that was answered for good: when it was due, how long it took from then and from when it was sent, in ms. */
  checkouts: z.array(z.tuple([z.number(), z.number(), z.number()])),
  /** Checkouts without an answer: nobody knows how long they would have taken. When they were due. */
  unanswered_checkouts: z.array(z.number()),
  /** Batches of events in the order of sending: when due (UTC ms), how many. */
  batches: z.array(z.tuple([z.number(), z.number()])),
  endings: z.record(z.string(), count),
  /** Answers that the shop should not give, by what was asked and what was said. */
  refusals: z.record(z.string(), count),
  /** How late the generator itself was at most, in ms, and what part of the time it was busy. */
  late_ms: z.number(),
  busy: z.number(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

export const NO_COUNTS: Counts = countsSchema.parse(
  Object.fromEntries(Object.keys(countsSchema.shape).map((name) => [name, 0])),
);
