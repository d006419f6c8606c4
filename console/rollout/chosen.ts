import { Store } from "../ui/store.ts";

/** The flag that is looked at. The list sets it, from the address or to the first one; the log beside it follows. */
export const flagOnView = new Store<string | null>(null);
