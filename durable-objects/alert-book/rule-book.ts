import { defaultRules } from "../../src/domain/alerts/defaults.ts";
import { type AlertRule, type HeldRule, isLeased, type RuleLease } from "../../src/domain/alerts/rule.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import { ok, refuse, type Result } from "../../src/domain/result.ts";
import type { PutRuleReply, RuleChange, RuleView } from "./commands.ts";
import { RuleTable, type StoredRule } from "./rule-table.ts";

const SEEDED_KEY = "seeded";
const VERSION_KEY = "version";
const SEEDER = "breakwater";

/** The rules of a shop: those that it began with, and its own. Every change has a number, by which whoever holds a lease knows what is newer. */
export class RuleBook {
  readonly #storage: DurableObjectStorage;
  readonly #table: RuleTable;
  readonly #defaults: Readonly<Record<string, AlertRule>>;

  constructor(storage: DurableObjectStorage, env: Pick<ObjectsEnv, "STOCK_LOW_BELOW" | "STOCK_LOW_CLEAR">) {
    this.#storage = storage;
    this.#table = new RuleTable(storage);
    this.#defaults = defaultRules({ threshold: Number(env.STOCK_LOW_BELOW), clear: Number(env.STOCK_LOW_CLEAR) });
  }

  /**
   * Writes the defaults that were never written, in the caller's transaction: what was changed stays, and what a later release brings is added. Answers whether
   * anything was.
   */
  seed(now: number): boolean {
    const seeded = this.#storage.kv.get<readonly string[]>(SEEDED_KEY) ?? [];
    const fresh = Object.entries(this.#defaults).filter(([id]) => !seeded.includes(id));
    if (fresh.length === 0) return false;
    for (const [id, rule] of fresh) if (!this.#table.find(id)) this.#table.put(id, rule, SEEDER, now);
    this.#storage.kv.put(SEEDED_KEY, [...seeded, ...fresh.map(([id]) => id)]);
    this.#bump();
    return true;
  }

  get version(): number {
    return this.#storage.kv.get<number>(VERSION_KEY) ?? 0;
  }

  /** For the slices of the products. */
  lease(): RuleLease {
    return this.#leaseOf((rule) => isLeased(rule));
  }

  /** What the book evaluates itself. */
  ownLease(): RuleLease {
    return this.#leaseOf((rule) => !isLeased(rule));
  }

  find(id: string): StoredRule | undefined {
    return this.#table.find(id);
  }

  view(rule: StoredRule, inForce: number, mutedUntil: number | undefined): RuleView {
    return { ...rule, isDefault: Object.hasOwn(this.#defaults, rule.id), inForce, mutedUntil };
  }

  all(): StoredRule[] {
    return this.#table.all();
  }

  put(
    { id, rule, by, ifVersion }: RuleChange,
    now: number,
  ): Result<{ readonly rule: StoredRule; readonly created: boolean }, Extract<PutRuleReply, { readonly ok: false }>> {
    const before = this.#table.find(id);
    const version = before?.version ?? 0;
    if (ifVersion !== undefined && ifVersion !== version) return refuse({ reason: "stale_version", version });
    const limit = LIMITS.alertRules;
    if (!before && this.#table.all().length >= limit) return refuse({ reason: "too_many_rules", limit });
    this.#bump();
    return ok({ rule: this.#table.put(id, rule, by, now), created: !before });
  }

  remove(id: string): Result<{ readonly id: string }, { readonly reason: "unknown_rule" | "default_rule" }> {
    const rule = this.#table.find(id);
    if (!rule) return refuse({ reason: "unknown_rule" });
    if (Object.hasOwn(this.#defaults, id)) return refuse({ reason: "default_rule" });
    this.#bump();
    this.#table.remove(rule);
    return ok({ id });
  }

  defaultOf(id: string): AlertRule | undefined {
    return Object.hasOwn(this.#defaults, id) ? this.#defaults[id] : undefined;
  }

  #leaseOf(isWanted: (rule: AlertRule) => boolean): RuleLease {
    const rules: HeldRule[] = this.#table
      .all()
      .filter(({ rule }) => rule.enabled && isWanted(rule))
      .map(({ id, version, rule }) => ({ id, version, rule }));
    return { version: this.version, rules };
  }

  #bump(): void {
    this.#storage.kv.put(VERSION_KEY, this.version + 1);
  }
}
