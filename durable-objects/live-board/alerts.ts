import { ageMs } from "../../src/domain/age.ts";
import { type AlertsView, missed, seeAlerts, UNSEEN_ALERTS } from "../../src/domain/board/sources.ts";
import { log } from "../../src/platform/log.ts";
import { BOOK } from "../alert-book/commands.ts";
import { within } from "../within.ts";

/** The book says when something changed; should that have been lost, it is asked again after this long. */
const ASK_EVERY_MS = 5_000;
const ANSWER_MS = 1_000;

/** The alerts in force, as the book last said, and whether it still says so. */
export class BoardAlerts {
  readonly #env: Pick<ObjectsEnv, "ALERT_BOOK">;
  #view = UNSEEN_ALERTS;
  #askedAt = -Infinity;

  constructor(env: Pick<ObjectsEnv, "ALERT_BOOK">) {
    this.#env = env;
  }

  get view(): AlertsView {
    return this.#view;
  }

  /** What is known is old. */
  forget(): void {
    this.#askedAt = -Infinity;
  }

  /** Asks when it is time. Never rejects: what was in force stays on the board until the book says otherwise, with since when it has said nothing. */
  async pull(now: number): Promise<void> {
    if (ageMs(this.#askedAt, now) < ASK_EVERY_MS) return;
    this.#askedAt = now;
    try {
      const answer = await within(ANSWER_MS, this.#env.ALERT_BOOK.getByName(BOOK).onBoard());
      if (answer) this.#view = seeAlerts(this.#view, answer.value, Date.now());
      else this.#miss(`no answer within ${ANSWER_MS} ms`);
    } catch (error) {
      this.#miss(String(error));
    }
  }

  #miss(reason: string): void {
    this.forget();
    // Once per silence, not with every tick of it.
    if (this.#view.staleSince === null) log("warn", "alert_book_silent", { reason });
    this.#view = missed(this.#view, Date.now());
  }
}
