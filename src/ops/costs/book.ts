import type { CostBook } from "../../../durable-objects/cost-book/cost-book.ts";
import { BOOK_NAME } from "../../platform/cost-link.ts";

export const costBookOf = (env: Pick<OpsEnv, "COST_BOOK">): DurableObjectStub<CostBook> =>
  env.COST_BOOK.getByName(BOOK_NAME);
