import { alertId, type AlertSubject, type AlertTold, type Firing, groundsOf } from "./alert.ts";
import type { AlertMetric } from "./metrics.ts";
import type { AlertRule, HeldRule, RuleLease } from "./rule.ts";
import { CALM, dueAt, lookInHours, type Watched } from "./watch.ts";

/** One moment of looking. The same moment gives the same again, so what was logged can be decided again. */
export interface Look {
  /** Names the storage that remembers what was decided. */
  readonly source: string;
  readonly now: number;
  /** Minutes since the shop's midnight; dear, and seldom needed. */
  readonly minute: () => number;
}

export interface SavedWatch {
  readonly lease: RuleLease;
  /** Rule, subject, state. What is calm and may fire at once is left out. */
  readonly watched: readonly (readonly [string, string, Watched])[];
}

const NO_RULES: RuleLease = { version: 0, rules: [] };
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** The rules that somebody evaluates, and how each of their subjects is doing. In memory; whoever owns it saves it with what it was decided from. */
export class AlertWatch {
  /** Whether anything is different from what was saved last; nothing was yet. */
  isChanged = true;
  #lease: RuleLease = NO_RULES;
  readonly #watched = new Map<string, Map<string, Watched>>();
  /** When subjects that wait out their `for` or a cooldown are due. */
  readonly #waiting = new Map<string, number>();

  get version(): number {
    return this.#lease.version;
  }

  get rules(): readonly HeldRule[] {
    return this.#lease.rules;
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  get isFiring(): boolean {
    return this.firing().next().done === false;
  }

  /**
   * Takes newer rules, and tells of every alert that ends because its rule does: one that was turned off, removed, or watches something else
   * now. A rule with other levels keeps what it knows, and the next look decides by them.
   */
  setRules(lease: RuleLease, { source, now }: Look): AlertTold[] {
    if (lease.version <= this.#lease.version) return [];
    const told: AlertTold[] = [];
    for (const held of this.#lease.rules) {
      const next = lease.rules.find(({ id }) => id === held.id);
      if (next && isSameQuestion(held.rule, next.rule)) continue;
      for (const [key, watched] of this.#watched.get(held.id) ?? []) {
        this.#waiting.delete(placeOf(held.id, key));
        if (watched.state !== "firing") continue;
        const subject = { kind: kindOf(held.rule), key, name: key };
        told.push(ended(held, subject, watched, { source, now }, null));
      }
      this.#watched.delete(held.id);
    }
    this.#lease = lease;
    this.isChanged = true;
    return told;
  }

  /** One look at one subject, and what there is to tell of it. A value that is absent neither begins nor ends an alert. */
  look(held: HeldRule, subject: AlertSubject, value: number | undefined, look: Look): AlertTold | undefined {
    const before = this.#watched.get(held.id)?.get(subject.key) ?? CALM;
    const { watched, event } = lookInHours(before, held.rule, value, look);
    if (watched !== before) this.#keep(held, subject.key, watched, look.now);
    if (!event) return undefined;
    if (event.type === "fired" && watched.state === "firing") return began(held, subject, watched, look);
    return before.state === "firing" ? ended(held, subject, before, look, event.value) : undefined;
  }

  /** Nobody is to be alerted of it any more: its alert, if there is one, ends without a value, as with its rule. */
  drop(held: HeldRule, subject: AlertSubject, look: Look): AlertTold | undefined {
    const watched = this.#watched.get(held.id)?.get(subject.key);
    if (!watched) return undefined;
    this.#keep(held, subject.key, CALM, look.now);
    return watched.state === "firing" ? ended(held, subject, watched, look, null) : undefined;
  }

  /** Subjects of a rule that are not simply calm. */
  subjects(rule: string): Iterable<string> {
    return this.#watched.get(rule)?.keys() ?? [];
  }

  *firing(metric?: AlertMetric): Generator<{ readonly rule: string; readonly key: string; readonly watched: Firing }> {
    for (const { id, rule } of this.#lease.rules) {
      if (metric && rule.metric !== metric) continue;
      for (const [key, watched] of this.#watched.get(id) ?? []) {
        if (watched.state === "firing") yield { rule: id, key, watched };
      }
    }
  }

  /** When somebody has to look again though nothing happens: a wait or a cooldown ends, or a rule's hours begin. */
  nextDue({ now, minute }: Pick<Look, "now" | "minute">): number | null {
    const openings = this.#lease.rules.flatMap(({ rule }) => {
      if (!rule.hours) return [];
      const minutes = (rule.hours.from - minute() + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
      return (Math.floor(now / MINUTE_MS) + minutes) * MINUTE_MS;
    });
    let next = Math.min(...openings);
    for (const due of this.#waiting.values()) next = Math.min(next, due);
    return next === Infinity ? null : next;
  }

  save(): SavedWatch {
    const watched = [...this.#watched].flatMap(([rule, subjects]) =>
      [...subjects].map(([key, state]) => [rule, key, state] as const),
    );
    return { lease: this.#lease, watched };
  }

  restore({ lease, watched }: SavedWatch): void {
    this.#lease = lease;
    for (const [rule, key, state] of watched) {
      const held = lease.rules.find(({ id }) => id === rule);
      if (held) this.#keep(held, key, state, 0);
    }
    this.isChanged = false;
  }

  #keep({ id, rule }: HeldRule, key: string, watched: Watched, now: number): void {
    this.isChanged = true;
    const due = dueAt(watched, rule);
    if (due === undefined) this.#waiting.delete(placeOf(id, key));
    else this.#waiting.set(placeOf(id, key), due);
    let subjects = this.#watched.get(id);
    if (!subjects) this.#watched.set(id, (subjects = new Map()));
    if (watched.state === "calm" && watched.quietUntil <= now) subjects.delete(key);
    else subjects.set(key, watched);
  }
}

const placeOf = (rule: string, key: string): string => `${rule} ${key}`;

/** Levels may change under an alert; what is watched, and of whom, may not. */
const isSameQuestion = (a: AlertRule, b: AlertRule): boolean =>
  a.metric === b.metric && a.comparator === b.comparator && JSON.stringify(a.scope) === JSON.stringify(b.scope);

export function kindOf({ scope }: AlertRule): AlertSubject["kind"] {
  switch (scope.kind) {
    case "shop":
    case "category":
      return scope.kind;
    case "product":
    case "each_product":
      return "product";
    case "each_flag":
      return "flag";
  }
}

function began(held: HeldRule, subject: AlertSubject, { since, firedAt, worst }: Firing, look: Look): AlertTold {
  const id = alertId(look.source, held.id, subject.key, firedAt);
  return { type: "fired", id, rule: groundsOf(held), subject, value: worst, worst, since, firedAt, at: look.now };
}

function ended(
  held: HeldRule,
  subject: AlertSubject,
  { since, firedAt, worst }: Firing,
  { source, now }: Pick<Look, "source" | "now">,
  value: number | null,
): AlertTold {
  const id = alertId(source, held.id, subject.key, firedAt);
  return { type: "cleared", id, rule: groundsOf(held), subject, value, worst, since, firedAt, at: now };
}
