import { keep, recall, STORED } from "../storage.ts";
import type { QueuedEvent } from "./queue.ts";
import { Tracker, type TrackerWorld } from "./tracker.ts";

/** The one place to change when the shop's tracking key is another: `npm start` knows this public one. */
const WRITE_KEY = "wk_pub_local";
/** The path that Segment's own browser library posts batches to. As text, which needs no preflight from another origin. */
const PATH = "/v1/b";
const QUEUE = "breakwater.events";

export function visitorId(): string {
  const known = recall(STORED.visitor);
  if (known !== undefined) return known;
  const fresh = crypto.randomUUID();
  keep(STORED.visitor, fresh);
  return fresh;
}

export function browserTracker(anonymousId: string): Tracker {
  const tracker = new Tracker({ writeKey: WRITE_KEY, anonymousId, world });
  window.addEventListener("pagehide", () => tracker.flushAll());
  return tracker;
}

const world: TrackerWorld = {
  async send(body) {
    // `keepalive` lets the request outlive the page; with a body of ours it is what sendBeacon does, and it has an answer.
    const headers = { "content-type": "text/plain;charset=UTF-8" };
    const { status, headers: answered } = await fetch(PATH, { method: "POST", body, headers, keepalive: true });
    return { status, retryAfter: answered.get("retry-after") };
  },
  load() {
    try {
      // SAFETY: only `save` writes it, in this very shape; another tab has a storage of its own.
      return JSON.parse(sessionStorage.getItem(QUEUE) ?? "[]") as QueuedEvent[];
    } catch {
      return [];
    }
  },
  save(queue) {
    try {
      sessionStorage.setItem(QUEUE, JSON.stringify(queue));
    } catch {
      // Without storage the queue lasts as long as the page.
    }
  },
  now: () => new Date(),
  chance: Math.random,
  newId: () => crypto.randomUUID(),
  context: () => ({
    library: { name: "breakwater-demo-shop", version: "1.0.0" },
    locale: navigator.language,
    userAgent: navigator.userAgent,
    page: {
      path: location.pathname,
      search: location.search,
      title: document.title,
      url: location.href,
      referrer: document.referrer,
    },
  }),
  later: (work, delayMs) => void setTimeout(work, delayMs),
};
