import type { HopsEnv } from "./env.ts";
import type { Message, QueueName } from "./messages.ts";
import { charge } from "./payments.ts";

/** The one object that counts, of several in the shop. */
const TALLY = "tally";

export const tallyOf = ({ TALLY: tallies }: HopsEnv) => tallies.getByName(TALLY);

/** The read model: an order and the newest that is known of it. */
const PROJECTION = "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, change TEXT NOT NULL) STRICT";
const PROJECT = `INSERT INTO orders (id, change) SELECT value ->> 'about', value ->> 'id' FROM json_each(?1) WHERE true
  ON CONFLICT (id) DO UPDATE SET change = excluded.change`;

export async function createProjection({ DB }: HopsEnv): Promise<void> {
  await DB.prepare(PROJECTION).run();
}

/** What becomes of a batch. A throw has all of it delivered again, so a message that gets lost holds up the round's end. */
export const CONSUMERS: Readonly<Record<QueueName, (messages: readonly Message[], env: HopsEnv) => Promise<unknown>>> =
  {
    payments: (messages, env) => Promise.all(messages.map((message) => charge(message, env))),
    orders: (messages, { DB }) => DB.batch([DB.prepare(PROJECT).bind(JSON.stringify(messages))]),
    events: (messages, env) => tallyOf(env).count(messages),
    notifications: async () => {},
  };
