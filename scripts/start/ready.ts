import { createServer } from "node:net";
import * as z from "zod";
import type { Settings } from "./settings.ts";

const PROBE_EVERY_MS = 250;
const PROBE_TIMEOUT_MS = 5_000;
const READY_TIMEOUT_MS = 90_000;

const productsSchema = z.object({ data: z.array(z.object({ sku: z.string() })).min(1) });
const cartSchema = z.object({ id: z.string() });

export const originOf = ({ port }: Settings): string => `http://localhost:${port}`;

/** Fails with a sentence when something listens on the port already, on either address that `localhost` may mean. */
export async function requireFreePort(port: number, variable: string): Promise<void> {
  for (const host of ["127.0.0.1", "::1"]) {
    const code = await tryListening(port, host);
    if (code === "EADDRINUSE") {
      throw new Error(
        `port ${port} is in use. Stop what listens there, or choose another: ${variable}=${port + 1} npm start`,
      );
    }
    if (code === "EACCES")
      throw new Error(`port ${port} needs more rights than you have. Choose another: ${variable}=8787 npm start`);
  }
}

function tryListening(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Waits until the front door answers at all. */
export async function waitForHealth(origin: string): Promise<void> {
  await untilWorks("the front door", async () => {
    await getJson(`${origin}/healthz`);
  });
}

/** Waits until a shopper could shop: the catalog is read from D1 and a cart is written to and read from its object. */
export async function waitForShop(origin: string, emptyCatalog: boolean): Promise<void> {
  await untilWorks("the catalog", async () => {
    const products: unknown = await getJson(`${origin}/v1/products?limit=1`);
    if (!emptyCatalog) productsSchema.parse(products);
  });
  await untilWorks("carts", async () => {
    const cart = cartSchema.parse(await getJson(`${origin}/v1/carts`, { method: "POST" }));
    await getJson(`${origin}/v1/carts/${cart.id}`);
  });
}

/** Waits until something answers HTTP, whatever it says. */
export async function waitForHttp(name: string, url: string): Promise<void> {
  await untilWorks(name, async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    await response.body?.cancel();
  });
}

async function untilWorks(what: string, probe: () => Promise<void>): Promise<void> {
  const giveUpAt = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await probe();
      return;
    } catch (error) {
      if (Date.now() > giveUpAt) throw new Error(`${what} did not become ready: ${String(error)}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
    }
  }
}

async function getJson(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
}
