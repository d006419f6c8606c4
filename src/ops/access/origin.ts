import type { OpsContext } from "../context.ts";

/**
 * Whether a browser's page may make this request. A request without an `Origin` comes from no page of another site: browsers send one with every
 * WebSocket and every request that may change something. Compared by host, because TLS may end before us.
 */
export function isOwnOrigin(c: OpsContext): boolean {
  const origin = c.req.header("origin");
  if (origin === undefined) return c.req.header("sec-fetch-site") !== "cross-site";
  if (c.env.CONSOLE_ORIGINS.split(" ").includes(origin)) return true;
  const host = URL.canParse(origin) ? new URL(origin).host : undefined;
  return host !== undefined && host === (c.req.header("host") ?? new URL(c.req.url).host);
}
