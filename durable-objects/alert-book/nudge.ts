import { log } from "../../src/platform/log.ts";

const BOARD = "shop";

/** So that whoever watches sees it at once. Should this be lost, the board asks by itself before long. */
export async function nudgeBoard({ LIVE_BOARD }: Pick<ObjectsEnv, "LIVE_BOARD">): Promise<void> {
  try {
    await LIVE_BOARD.getByName(BOARD).nudge();
  } catch (error) {
    log("info", "board_not_nudged", { error: String(error) });
  }
}
