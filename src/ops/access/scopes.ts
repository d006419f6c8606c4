/** What a key may be allowed. A scope grants itself only (`orders:write` does not read); `*` grants everything there is and will be. */
export const SCOPES = [
  "*",
  "alerts:read",
  "alerts:write",
  "analytics:read",
  "audit:read",
  "catalog:read",
  "catalog:write",
  "costs:read",
  "costs:write",
  "dead_letters:read",
  "dead_letters:write",
  "flags:read",
  "flags:write",
  "keys:read",
  "keys:write",
  "metrics:read",
  "orders:read",
  "orders:write",
  "payments:read",
  "payments:write",
  "recovery:write",
  "stock:read",
  "stock:write",
  "tracking:read",
  "tracking:write",
  "webhooks:read",
  "webhooks:write",
] as const;
export type Scope = (typeof SCOPES)[number];

/** What everybody may ask who is let in at all: who they are. */
export const ANYBODY = "anybody";

interface Area {
  /** The first segment of the path below /admin/v1. */
  readonly path: string;
  readonly read: Scope | typeof ANYBODY;
  readonly write: Scope;
}

/**
 * Which scope each part of the admin API wants. What is not in here wants `*`: a route that was forgotten is closed, not open (and a test
 * names it).
 */
export const AREAS: readonly Area[] = [
  { path: "products", read: "catalog:read", write: "catalog:write" },
  { path: "stock", read: "stock:read", write: "stock:write" },
  { path: "orders", read: "orders:read", write: "orders:write" },
  { path: "webhooks", read: "payments:read", write: "payments:write" },
  { path: "webhook-endpoints", read: "webhooks:read", write: "webhooks:write" },
  { path: "deliveries", read: "webhooks:read", write: "webhooks:write" },
  { path: "dead-letters", read: "dead_letters:read", write: "dead_letters:write" },
  { path: "alerts", read: "alerts:read", write: "alerts:write" },
  { path: "alert-rules", read: "alerts:read", write: "alerts:write" },
  { path: "analytics", read: "analytics:read", write: "*" },
  { path: "live", read: "analytics:read", write: "*" },
  { path: "session", read: ANYBODY, write: "*" },
  { path: "flags", read: "flags:read", write: "flags:write" },
  { path: "metrics", read: "metrics:read", write: "*" },
  { path: "facts", read: "metrics:read", write: "*" },
  { path: "pipeline", read: "metrics:read", write: "*" },
  { path: "decisions", read: "metrics:read", write: "*" },
  { path: "costs", read: "costs:read", write: "*" },
  { path: "advice", read: "costs:read", write: "costs:write" },
  { path: "recover", read: "*", write: "recovery:write" },
  { path: "audit", read: "audit:read", write: "*" },
  { path: "audit-log", read: "audit:read", write: "*" },
  { path: "write-keys", read: "tracking:read", write: "tracking:write" },
  { path: "keys", read: "keys:read", write: "keys:write" },
];

const ADMIN_PATH = /^\/admin\/v1\/([^/]+)/;

/** HEAD is answered by the routes of GET. Every other method counts as a write, whatever it turns out to do. */
export const isRead = (method: string): boolean => method === "GET" || method === "HEAD";

/** `path` must be the one that the router matches, or the two could be led apart by an odd spelling. */
export function scopeFor(method: string, path: string): Scope | typeof ANYBODY {
  const segment = ADMIN_PATH.exec(path)?.[1];
  const area = AREAS.find((candidate) => candidate.path === segment);
  if (!area) return "*";
  return isRead(method) ? area.read : area.write;
}

export const grants = (held: readonly string[], wanted: string): boolean =>
  wanted === ANYBODY || held.includes("*") || held.includes(wanted);
