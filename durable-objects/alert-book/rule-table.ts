import type { AlertRule, HeldRule } from "../../src/domain/alerts/rule.ts";

/** A rule and who changed it last. Times UTC ms. */
export interface StoredRule extends HeldRule {
  readonly updatedAt: number;
  readonly updatedBy: string;
}

type RuleRow = { id: string; version: number; rule: string; updated_at: number; updated_by: string };

/** The versions of a removed rule are not given to another one of its name. */
const versionKey = (id: string): string => `rule_version:${id}`;

export class RuleTable {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  all(): StoredRule[] {
    return this.#storage.sql.exec<RuleRow>("SELECT * FROM rules ORDER BY id").toArray().map(toRule);
  }

  find(id: string): StoredRule | undefined {
    return this.#storage.sql.exec<RuleRow>("SELECT * FROM rules WHERE id = ?", id).toArray().map(toRule)[0];
  }

  put(id: string, rule: AlertRule, by: string, now: number): StoredRule {
    const version = (this.find(id)?.version ?? this.#storage.kv.get<number>(versionKey(id)) ?? 0) + 1;
    this.#storage.sql.exec(
      "INSERT OR REPLACE INTO rules (id, version, rule, updated_at, updated_by) VALUES (?, ?, ?, ?, ?)",
      id,
      version,
      JSON.stringify(rule),
      now,
      by,
    );
    return { id, version, rule, updatedAt: now, updatedBy: by };
  }

  remove({ id, version }: HeldRule): void {
    this.#storage.kv.put(versionKey(id), version);
    this.#storage.sql.exec("DELETE FROM rules WHERE id = ?", id);
  }
}

const toRule = ({ id, version, rule, updated_at: updatedAt, updated_by: updatedBy }: RuleRow): StoredRule => ({
  id,
  version,
  // SAFETY: only `put` writes this column, from an AlertRule.
  rule: JSON.parse(rule) as AlertRule,
  updatedAt,
  updatedBy,
});
