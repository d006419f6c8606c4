import { LOCAL_WRITE_KEYS } from "../../scripts/start/write-keys.ts";
import type { Call } from "../load.ts";
import type { Bodies } from "./bodies.ts";

/** The public one: under a secret key a completed order would be money. */
const WRITE_KEY = LOCAL_WRITE_KEYS.public;

export const BATCH_PATH = "/v1/batch";
export const BATCH_HEADERS = {
  "content-type": "application/json",
  authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}`,
};

/** The next request as a server's SDK sends it. */
export function batchCall(bodies: Bodies, path: string = BATCH_PATH): Call {
  const { bytes, release } = bodies.next();
  return { method: "POST", path, headers: BATCH_HEADERS, body: bytes, release };
}
