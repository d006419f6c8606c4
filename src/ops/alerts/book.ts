import type { AlertBook } from "../../../durable-objects/alert-book/alert-book.ts";
import { log } from "../../platform/log.ts";

/** There is one book per shop, and one shop. */
const BOOK = "shop";

export const bookOf = (env: Pick<OpsEnv, "ALERT_BOOK">): DurableObjectStub<AlertBook> => env.ALERT_BOOK.getByName(BOOK);

/** Something happened that is worth a look at once. Should this be lost, the next look finds it. */
export async function wakeBook(env: Pick<OpsEnv, "ALERT_BOOK">): Promise<void> {
  try {
    await bookOf(env).wake(0);
  } catch (error) {
    log("info", "alert_book_not_woken", { error: String(error) });
  }
}
