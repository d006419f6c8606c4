import { ageMs } from "../../src/domain/age.ts";
import { log } from "../../src/platform/log.ts";
import { BOOK } from "../alert-book/commands.ts";

const EVERY_MS = 60_000;

/** Tells the alert book that there is traffic, once a minute at most. Should one be lost, the next commit of the next minute says it again. */
export class TrafficSign {
  readonly #ctx: DurableObjectState;
  readonly #env: Pick<ObjectsEnv, "ALERT_BOOK">;
  #toldAt = 0;

  constructor(ctx: DurableObjectState, env: Pick<ObjectsEnv, "ALERT_BOOK">) {
    this.#ctx = ctx;
    this.#env = env;
  }

  note(now: number): void {
    if (ageMs(this.#toldAt, now) < EVERY_MS) return;
    this.#toldAt = now;
    const told = this.#env.ALERT_BOOK.getByName(BOOK)
      .wake()
      .catch((error: unknown) => log("info", "alert_book_not_woken", { error: String(error) }));
    this.#ctx.waitUntil(told);
  }
}
