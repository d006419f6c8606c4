import type { AlertRecord } from "../../src/domain/alerts/record.ts";
import type { AlertRule } from "../../src/domain/alerts/rule.ts";
import type { Result } from "../../src/domain/result.ts";
import type { StoredRule } from "./rule-table.ts";

/** The one book of the shop. */
export const BOOK = "shop";

/** A rule as an operator sees it. */
export interface RuleView extends StoredRule {
  /** Whether the shop began with a rule of this id, to which it can be set back. */
  readonly isDefault: boolean;
  readonly inForce: number;
  /** When all of the rule is muted: until when, UTC ms. */
  readonly mutedUntil?: number | undefined;
}

export interface RuleChange {
  readonly id: string;
  readonly rule: AlertRule;
  readonly by: string;
  /** The version that the caller has seen; nothing is changed when there is a newer one. */
  readonly ifVersion?: number | undefined;
}

type UnknownRule = { readonly reason: "unknown_rule" };
type UnknownAlert = { readonly reason: "unknown_alert" };
export type PutRuleReply = Result<
  { readonly rule: RuleView; readonly created: boolean },
  | { readonly reason: "stale_version"; readonly version: number }
  | { readonly reason: "too_many_rules"; readonly limit: number }
>;
export type RemoveRuleReply = Result<{ readonly id: string }, UnknownRule | { readonly reason: "default_rule" }>;
export type RuleReply = Result<RuleView, UnknownRule>;
export type ResetRuleReply = Result<RuleView, UnknownRule | { readonly reason: "no_default" }>;
export type TestReply = Result<{ readonly id: string }, UnknownRule>;
export type AlertReply = Result<AlertRecord, UnknownAlert>;
