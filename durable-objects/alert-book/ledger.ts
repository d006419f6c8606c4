import type { AlertTold } from "../../src/domain/alerts/alert.ts";
import { mutedUntil } from "../../src/domain/alerts/record.ts";
import { alertNotification } from "../../src/domain/notifications.ts";
import { log } from "../../src/platform/log.ts";
import type { Outbox } from "../outbox.ts";
import type { AlertTable } from "./alert-table.ts";

/** Writes what was decided into the history, and with it what other systems are told. Each begins once, ends once, and is told once. */
export class AlertLedger {
  readonly #alerts: AlertTable;
  readonly #outbox: Outbox;

  constructor(alerts: AlertTable, outbox: Outbox) {
    this.#alerts = alerts;
    this.#outbox = outbox;
  }

  /** In the caller's transaction. Answers the rows of the outbox to be run after it, or nothing when none of it was news. */
  record(told: readonly AlertTold[], now: number): string[] | undefined {
    const news = told.filter(({ id, type }) => {
      const known = this.#alerts.find(id, now);
      return !known || (type === "cleared" && !known.cleared);
    });
    return news.length === 0 ? undefined : news.flatMap((one) => this.#recordOne(one, now));
  }

  /** What fired while it was muted and has not gone since is told now. */
  endMutes(now: number): string[] {
    this.#alerts.forgetMutes(now);
    const due = this.#alerts.untold(now).filter((alert) => alert.mutedUntil === undefined);
    return due.map((alert) => {
      this.#alerts.markTold(alert.id);
      return this.#send({ ...alert, type: "fired", at: alert.firedAt }, now);
    });
  }

  #recordOne(news: AlertTold, now: number): string[] {
    const { id, rule, subject, type, value } = news;
    const known = this.#alerts.find(id, now);
    // The same alert twice in one call.
    if (known && type === "fired") return [];
    const isMuted = mutedUntil(this.#alerts.mutes(now), rule.id, subject.key, now) !== undefined;
    const isTold = known ? known.told : !isMuted;
    log("info", `alert_${type}`, { alert: id, rule: rule.id, subject: subject.key, value, isMuted });
    const rows: string[] = [];
    // An end that overtook its beginning brings both.
    if (!known) this.#alerts.add({ ...news, value: type === "fired" ? value : news.worst }, isTold);
    if (!known && isTold) rows.push(this.#send({ ...news, type: "fired", value: news.worst, at: news.firedAt }, now));
    if (type === "fired") return rows;
    this.#alerts.clear(news);
    // Who was not told of the beginning does not hear of the end.
    if (isTold) rows.push(this.#send(news, now));
    return rows;
  }

  #send(told: AlertTold, now: number): string {
    return this.#outbox.put("notifications", alertNotification(told), now);
  }
}
