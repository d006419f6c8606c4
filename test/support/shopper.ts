import type { Browser, BrowserContextOptions, Page, Request } from "playwright-core";
import type { ShopClient } from "./client.ts";

/** An event as the page sent it to the tracking API. */
export interface Tracked {
  readonly type: string;
  readonly event?: string;
  readonly messageId: string;
  readonly anonymousId: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Somebody in the demo shop, with a browser of their own. */
export interface Shopper {
  readonly page: Page;
  readonly tracked: readonly Tracked[];
  /** Errors of the page, and requests to anybody but the shop and its payment provider. */
  readonly troubles: readonly string[];
  readonly leave: () => Promise<void>;
}

export async function enter(browser: Browser, client: ShopClient, options: BrowserContextOptions): Promise<Shopper> {
  const context = await browser.newContext({ ...options, baseURL: client.origin });
  const page = await context.newPage();
  const tracked: Tracked[] = [];
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("request", (request) => {
    tracked.push(...trackedIn(request));
    const isOurs = [client.origin, client.stripeUrl, "data:"].some((own) => request.url().startsWith(own));
    if (!isOurs) troubles.push(request.url());
  });
  page.on("console", (message) => {
    // The browser says this of every answer from 400 on; a shortage is one.
    const isRefusal = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isRefusal) troubles.push(message.text());
  });
  return { page, tracked, troubles, leave: () => context.close() };
}

function trackedIn(request: Request): readonly Tracked[] {
  if (!request.url().endsWith("/v1/b")) return [];
  // SAFETY: the test fails where it is another shape.
  const body = request.postDataJSON() as { batch?: Tracked[] } | null;
  return body?.batch ?? [];
}

export async function putInCart(page: Page, sku: string): Promise<void> {
  await page.goto(`/product?sku=${sku}`);
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByRole("link", { name: "View cart" }).waitFor();
}

/** `digits`: the end of the test card's number. */
export async function pay(page: Page, digits: string): Promise<void> {
  await page.getByRole("radio", { name: digits }).check();
  await page.getByRole("button", { name: /^Pay/ }).click();
}

export const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { level: 1, name });

export const orderIdIn = (page: Page): string => new URL(page.url()).searchParams.get("id") ?? "";

/** Pictures below the fold are loaded when they are scrolled to; a screenshot of the whole page wants them now. */
export async function withAllPictures(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const pictures = [...document.images];
    for (const picture of pictures) picture.loading = "eager";
    await Promise.all(pictures.map((picture) => picture.decode().catch(() => {})));
  });
}

/** By how many CSS pixels the page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
