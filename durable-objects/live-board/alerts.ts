import type { AlertsInForce } from "../../src/domain/alerts/record.ts";
import { log } from "../../src/platform/log.ts";
import { BOOK } from "../alert-book/commands.ts";
import { within } from "../within.ts";

/** The book says when something changed; should that have been lost, it is asked again after this long. */
const ASK_EVERY_MS = 5_000;
const ANSWER_MS = 1_000;

/** The alerts in force, as the book last said. */
export class BoardAlerts {
  readonly #env: Pick<ObjectsEnv, "ALERT_BOOK">;
  #inForce: AlertsInForce = { shown: [], total: 0 };
  #askAt = 0;

  constructor(env: Pick<ObjectsEnv, "ALERT_BOOK">) {
    this.#env = env;
  }

  get inForce(): AlertsInForce {
    return this.#inForce;
  }

  /** What is known is old. */
  forget(): void {
    this.#askAt = 0;
  }

  /** Asks when it is time. Never rejects: what was in force stays on the board until the book says otherwise. */
  async pull(now: number): Promise<void> {
    if (now < this.#askAt) return;
    this.#askAt = now + ASK_EVERY_MS;
    try {
      const answer = await within(ANSWER_MS, this.#env.ALERT_BOOK.getByName(BOOK).onBoard());
      if (answer) this.#inForce = answer.value;
      else this.forget();
    } catch (error) {
      this.forget();
      log("warn", "alert_book_silent", { error: String(error) });
    }
  }
}
