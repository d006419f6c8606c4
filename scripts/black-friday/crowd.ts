import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { Connections, type Kind } from "./connection.ts";
import { NO_COUNTS, type Outcome, type Sample, type Spec } from "./messages.ts";
import type { Visit } from "./plan.ts";
import { type Action, type Answer, type Ask, codeOf, Shopper, type Surroundings, visitorOf } from "./shopper.ts";
import { Tracker } from "./tracker.ts";
import { TimerWheel } from "./wheel.ts";

const TICK_MS = 2;
const SAMPLE_EVERY_MS = 500;
/** What the progress shows is of so many ms. */
const RECENT_MS = 5_000;
/** After the day is over everybody is waited for who still waits, but not for ever: the books then say what is missing. */
const AFTERWARDS_MS = 300_000;
/** Connections break so soon after the request left: before, while and after the shop works on it. */
const CUT_MS = [1, 5, 15, 40] as const;

/** The event that each deed is for the shop's statistics. */
const EVENTS: Readonly<Partial<Record<Ask["deed"], string>>> = {
  look: "Product Viewed",
  add: "Product Added",
  checkout: "Checkout Started",
};

const KINDS: Readonly<Record<Ask["deed"], Kind>> = {
  look: "page",
  open: "buying",
  add: "buying",
  checkout: "buying",
  follow: "poll",
  authenticate: "buying",
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Everybody who shops on this day. Arrivals follow the plan and not the answers (an open loop): when the shop is slow, more of them wait at once, and
 * every checkout is timed from when it was due.
 */
export class Crowd {
  readonly #spec: Spec;
  readonly #around: Surroundings;
  readonly #connections = new Connections();
  readonly #wheel = new TimerWheel<Shopper>();
  readonly #tracker: Tracker;
  readonly #outcome: Mutable<Outcome>;
  #recent: { readonly at: number; readonly ms: number }[] = [];
  #beganAt = 0;
  #cuts = 0;

  constructor(spec: Spec) {
    this.#spec = spec;
    const { skus, flash_sku: flashSku, run } = spec;
    this.#around = { run, flashSku, skuOf: (product) => skus[product] ?? flashSku };
    this.#outcome = {
      began_at: 0,
      played_ms: 0,
      counts: { ...NO_COUNTS },
      inside_most: 0,
      accepted: [],
      checkouts: [],
      unanswered_checkouts: [],
      batches: [],
      endings: {},
      refusals: {},
      late_ms: 0,
      busy: 0,
    };
    this.#tracker = new Tracker({
      url: `${spec.shop}/v1/batch`,
      writeKey: spec.write_key,
      run,
      connections: this.#connections,
      counts: this.#outcome.counts,
      now: () => performance.timeOrigin + performance.now(),
    });
  }

  /** Plays the day to its end, and waits for whoever still waits. */
  async play(visits: readonly Visit[], onSample: (sample: Sample) => void): Promise<Outcome> {
    const outcome = this.#outcome;
    const { counts } = outcome;
    const before = performance.eventLoopUtilization();
    this.#beganAt = performance.now();
    outcome.began_at = performance.timeOrigin + this.#beganAt;
    const endsAt = this.#spec.day_ms + AFTERWARDS_MS;
    let [next, sampledAt, lastAt] = [0, 0, 0];
    while (next < visits.length || counts.inside > 0) {
      const now = this.#now();
      if (now > endsAt) break;
      // What is due while this process did something else is late by its doing.
      outcome.late_ms = Math.max(outcome.late_ms, now - lastAt - TICK_MS);
      lastAt = now;
      for (let visit = visits[next]; visit && visit.beginsAt <= now; visit = visits[++next]) this.#enter(visit);
      for (const shopper of this.#wheel.due(now)) this.#act(shopper, shopper.wake(this.#now()));
      this.#tracker.tick();
      if (now - sampledAt >= SAMPLE_EVERY_MS) {
        sampledAt = now;
        onSample(this.#sample(now));
      }
      await setTimeout(TICK_MS);
    }
    outcome.busy = performance.eventLoopUtilization(before).utilization;
    outcome.played_ms = this.#now();
    if (counts.inside > 0) outcome.endings["still_inside"] = counts.inside;
    await this.#tracker.close();
    this.#connections.close();
    outcome.batches = this.#tracker.batches;
    onSample(this.#sample(this.#now()));
    return outcome;
  }

  #now(): number {
    return performance.now() - this.#beganAt;
  }

  #enter(visit: Visit): void {
    const shopper = new Shopper(visit, this.#around);
    const { counts } = this.#outcome;
    counts.visits += 1;
    counts.inside += 1;
    this.#outcome.inside_most = Math.max(this.#outcome.inside_most, counts.inside);
    // Whoever is there when the day begins came before it.
    if (visit.beginsAt > 0)
      this.#tracker.track({ type: "page", sku: "front", quantity: 0 }, visitorOf(visit, this.#around));
    this.#act(shopper, shopper.wake(this.#now()));
  }

  #act(shopper: Shopper, actions: readonly Action[]): void {
    const { counts, endings, accepted } = this.#outcome;
    for (const action of actions) {
      switch (action.kind) {
        case "ask":
          void this.#ask(shopper, action.ask);
          break;
        case "wait":
          this.#wheel.add(action.until, shopper);
          break;
        case "retry":
          counts.retries += 1;
          break;
        case "accepted":
          counts.accepted += 1;
          if (action.flash) counts.flash += 1;
          accepted.push({ order: action.order, card: action.card, flash: action.flash });
          this.#track(shopper, "Order Completed", this.#wantedBy(shopper));
          break;
        case "leave":
          counts.inside -= 1;
          if (action.how === "sold_out") counts.sold_out += 1;
          endings[action.how] = (endings[action.how] ?? 0) + 1;
          break;
      }
    }
  }

  async #ask(shopper: Shopper, ask: Ask): Promise<void> {
    const { counts } = this.#outcome;
    const { deed, dueAt, twice = false, loses = false } = ask;
    const event = EVENTS[deed];
    const isAgain = ask.isAgain === true;
    if (event && !isAgain) this.#track(shopper, event, ask.sku ?? this.#wantedBy(shopper));
    if (deed === "checkout" && !isAgain) counts.due += 1;
    const sentAt = this.#now();
    const sent = this.#send(ask, loses);
    if (twice) {
      counts.double_clicks += 1;
      void this.#compare(sent, this.#send(ask, false));
    }
    const answer = await sent;
    const now = this.#now();
    const actions = shopper.hear(answer, now);
    if (deed === "checkout") this.#time({ dueAt, sentAt, now }, actions);
    if (answer) this.#note(ask, answer, actions);
    this.#act(shopper, actions);
  }

  async #send({ to, deed, path, method, headers, body }: Ask, loses: boolean): Promise<Answer | undefined> {
    const { counts } = this.#outcome;
    const { shop, bank } = this.#spec;
    counts.requests += 1;
    const cutAfterMs = loses ? CUT_MS[this.#cuts++ % CUT_MS.length] : undefined;
    const url = (to === "shop" ? shop : bank) + path;
    const call = { kind: KINDS[deed], url, method, headers, body, cutAfterMs };
    const { answer, wasCut, isReplay } = await this.#connections.ask(call);
    if (answer === undefined) counts.unanswered += 1;
    if (answer === undefined && deed === "look") counts.pages_lost += 1;
    if (wasCut) counts.cut += 1;
    if (isReplay) counts.replayed += 1;
    return answer;
  }

  /** Two clicks, one key: whoever gets two answers gets the same order twice. */
  async #compare(one: Promise<Answer | undefined>, other: Promise<Answer | undefined>): Promise<void> {
    const answers = await Promise.all([one, other]);
    const orders = answers.flatMap((answer) => (answer?.status === 201 ? [orderIn(answer.text)] : []));
    if (new Set(orders).size > 1) this.#outcome.counts.two_orders += 1;
  }

  #time({ dueAt, sentAt, now }: { dueAt: number; sentAt: number; now: number }, actions: readonly Action[]): void {
    const [first] = actions;
    if (first?.kind === "retry") return;
    if (first?.kind === "leave" && first.how === "gave_up") {
      this.#outcome.unanswered_checkouts.push(dueAt);
      return;
    }
    const ms = now - dueAt;
    this.#outcome.checkouts.push([dueAt, ms, now - sentAt]);
    this.#recent.push({ at: now, ms });
  }

  #note({ deed }: Ask, { status, text }: Answer, actions: readonly Action[]): void {
    const isRefused = actions.some((action) => action.kind === "leave" && action.how === "refused");
    if (!isRefused && !(deed === "look" && status !== 200)) return;
    const key = `${deed} ${status} ${codeOf(text) ?? ""}`.trim();
    const { refusals } = this.#outcome;
    refusals[key] = (refusals[key] ?? 0) + 1;
  }

  #track({ visit }: Shopper, event: string, sku: string): void {
    this.#tracker.track({ type: "track", event, sku, quantity: 1 }, visitorOf(visit, this.#around));
  }

  /** The first product in the cart. */
  #wantedBy({ visit: { looks, wanted } }: Shopper): string {
    return this.#around.skuOf(looks[wanted[0] ?? 0]?.product ?? 0);
  }

  #sample(now: number): Sample {
    this.#recent = this.#recent.filter(({ at }) => at > now - RECENT_MS);
    const sorted = Float64Array.from(this.#recent, ({ ms }) => ms).toSorted();
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    const checkout = sorted.length > 0 ? { p50: at(0.5), p99: at(0.99) } : null;
    return { at: now, counts: { ...this.#outcome.counts }, checkout_ms: checkout };
  }
}

const orderIn = (text: string): string => /"id":"(ord_[^"]*)"/.exec(text)?.[1] ?? text;
