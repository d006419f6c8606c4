import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import type { AdminClient } from "../../admin-client.ts";

const sampleSchema = z.object({
  at: z.iso.datetime(),
  code: z.string(),
  outcome: z.string(),
  request_id: z.string(),
});
const flagSchema = z.object({
  state: z.string(),
  share_percent: z.number(),
  rung: z.string(),
  epoch: z.int(),
  entered_at: z.iso.datetime().nullable(),
  guard: z.object({ s: z.number(), limit: z.number() }),
  evidence: z.object({ operations: z.int(), errors: z.int(), operations_needed: z.int().nullable() }).nullable(),
  blocked_by: z.array(z.object({ text: z.string() })),
  errors: z.array(sampleSchema),
  effect: z
    .object({
      since: z.iso.datetime(),
      strays: z.int(),
      last_stray_at: z.iso.datetime().nullable(),
      safe_operations: z.int(),
      verdict: z.string().nullable(),
    })
    .nullable(),
});
export type FlagState = z.infer<typeof flagSchema>;

const decisionSchema = z.object({
  at: z.iso.datetime(),
  kind: z.string(),
  by: z.string(),
  reason: z.string(),
  share_percent: z.object({ from: z.number(), to: z.number() }),
  evidence: z.object({ rule: z.string().nullable(), s: z.number(), operations: z.int(), errors: z.int() }),
});
export type DecisionState = z.infer<typeof decisionSchema>;
const decisionsSchema = z.object({ data: z.array(decisionSchema), chain: z.object({ intact: z.boolean() }) });

const LOOK_EVERY_MS = 200;

/** One guarded path, as the engineer on call steers and reads it. */
export class Flag {
  readonly key: string;
  readonly #admin: AdminClient;
  readonly #path: string;

  constructor(admin: AdminClient, key: string) {
    this.key = key;
    this.#admin = admin;
    this.#path = `/admin/v1/flags/${key}`;
  }

  read(): Promise<FlagState> {
    return this.#admin.get(this.#path, flagSchema);
  }

  async command(type: "start" | "advance" | "approve" | "rearm" | "kill", reason: string): Promise<void> {
    await this.#admin.post(`${this.#path}/${type}`, { reason }, randomUUID());
  }

  async rehearse(fault: "throw" | null, reason: string): Promise<void> {
    await this.#admin.post(`${this.#path}/rehearse`, { fault, reason }, randomUUID());
  }

  /** Oldest first. */
  async decisions(): Promise<{ readonly all: readonly DecisionState[]; readonly intact: boolean }> {
    const { data, chain } = await this.#admin.get(`${this.#path}/decisions?limit=100`, decisionsSchema);
    return { all: data.toReversed(), intact: chain.intact };
  }

  /** Looks until `test` holds. Answers the last look in any case: a drill says what it saw. */
  async until(test: (flag: FlagState) => boolean, timeoutMs: number): Promise<FlagState> {
    const giveUpAt = Date.now() + timeoutMs;
    for (;;) {
      const flag = await this.read();
      if (test(flag) || Date.now() > giveUpAt) return flag;
      await setTimeout(LOOK_EVERY_MS);
    }
  }

  async climbTo(sharePercent: number, reason: string): Promise<void> {
    if ((await this.read()).state === "off") await this.command("start", reason);
    while ((await this.read()).share_percent < sharePercent) await this.command("advance", reason);
  }
}
