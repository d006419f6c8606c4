import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Api } from "../../console/access/api.ts";
import { Connection } from "../../console/live/connection.ts";
import type { LiveFrame } from "../../src/domain/live.ts";
import { boardOf } from "../support/boards.ts";

/** Goal: the screen says "Live" while it is, and at no other time. Threats: a poll that ends late, and a clock that somebody puts right. */
const HOUR_MS = 3_600_000;

/** A browser's socket, of which the test is the other end. */
class Wire extends EventTarget {
  static readonly OPEN = 1;
  readonly sent: string[] = [];
  readyState = 0;

  constructor() {
    super();
    wires.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.ends();
  }

  opens(): void {
    this.readyState = Wire.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  says(frame: LiveFrame): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(frame) }));
  }

  ends(): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code: 1006 }));
  }
}

let wires: Wire[] = [];
let polls: PromiseWithResolvers<Response>[] = [];
let page = Object.assign(new EventTarget(), { hidden: false });
let connection: Connection;
let seq = 0;

beforeEach(() => {
  [wires, polls, seq] = [[], [], 0];
  page = Object.assign(new EventTarget(), { hidden: false });
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
    now: Date.UTC(2026, 10, 27),
  });
  vi.stubGlobal("WebSocket", Wire);
  vi.stubGlobal("document", page);
  vi.stubGlobal("location", { href: "https://shop.test/ops/" });
  for (const name of ["addEventListener", "removeEventListener"]) vi.stubGlobal(name, () => undefined);
  vi.stubGlobal("fetch", () => {
    const poll = Promise.withResolvers<Response>();
    polls.push(poll);
    return poll.promise;
  });
  connection = new Connection(new Api("key"), () => undefined);
  connection.start();
});
afterEach(() => {
  connection.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const phase = () => connection.view.value.phase;

/** The newest socket opens, and the board says how it is. */
function answered(): Wire {
  const wire = wires.at(-1) ?? new Wire();
  wire.opens();
  seq += 1;
  wire.says({ type: "snapshot", epoch: "a", seq, sent_at: Date.now(), board: boardOf([]) });
  return wire;
}

/** So many seconds, in each of which the board says something. */
async function pass(seconds: number, wire?: Wire): Promise<void> {
  for (let left = seconds; left > 0; left -= 1) {
    seq += 1;
    wire?.says({ type: "delta", epoch: "a", seq, sent_at: Date.now(), change: {} });
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

describe("a connection", () => {
  test("that is open again is not called past because of a poll that began before, and failed", async () => {
    answered().ends();
    await pass(1);
    wires.at(-1)?.ends();
    expect([wires.length, polls.length]).toEqual([2, 1]);
    await pass(1);
    const wire = answered();
    expect([wires.length, phase()]).toEqual([3, "live"]);
    polls[0]?.reject(new TypeError("Failed to fetch"));
    await pass(10, wire);
    expect([wires.length, phase()]).toEqual([3, "live"]);
  });

  test("that cannot be had, and polling neither, is past until polling works", async () => {
    answered().ends();
    await pass(1);
    wires.at(-1)?.ends();
    polls[0]?.reject(new TypeError("Failed to fetch"));
    await pass(4);
    expect(phase()).toBe("stale");
    polls.at(-1)?.resolve(Response.json(boardOf([])));
    await pass(1);
    expect([phase(), connection.view.value.link.via]).toEqual(["live", "polling"]);
  });

  test("that died is past and tried anew although the clock was put back, and the next one is live", async () => {
    answered();
    vi.setSystemTime(Date.now() - HOUR_MS);
    await pass(1);
    expect(phase()).toBe("stale");
    await pass(1);
    expect(wires).toHaveLength(2);
    const wire = answered();
    await pass(10, wire);
    expect([wires.length, phase()]).toEqual([2, "live"]);
  });

  test("of a page that nobody looks at is kept open although the clock was put back", async () => {
    const wire = answered();
    page.hidden = true;
    page.dispatchEvent(new Event("visibilitychange"));
    vi.setSystemTime(Date.now() - HOUR_MS);
    await pass(1);
    expect(wire.sent.at(-1)).toBe("ping");
  });
});
