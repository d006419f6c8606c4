import { parseArgs } from "node:util";
import { AdminClient } from "./admin-client.ts";
import { loadDemoShop } from "./start/demo-catalog.ts";
import { SECRETS } from "./workers.ts";

/** `ADMIN_KEY=... npm run demo-shop -- --url URL`: puts the demo shop's products and stock into a deployed shop that has none of its own. */
const { values } = parseArgs({ options: { url: { type: "string", default: "http://localhost:8787" } } });

try {
  const key = process.env["ADMIN_KEY"] || (SECRETS["ADMIN_KEY"]?.local ?? "");
  const loaded = await loadDemoShop(new AdminClient(values.url, key));
  console.log(`${loaded} products with stock are in the shop at ${values.url}`);
} catch (error) {
  console.error(`The demo shop could not be loaded: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
