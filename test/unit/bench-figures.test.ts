import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { withinFiles } from "../../bench/benchmarks/sides.ts";
import { type Contest, hold, ROUNDS, type Side } from "../../bench/contest.ts";
import { findPlace, readSettings } from "../../bench/settings.ts";
import { ratioOf, spreadOf } from "../../bench/statistics.ts";
import { createServer, type Server } from "node:http";

/** Goal: a figure of `npm run bench` is what it says. The threat is a benchmark that flatters: wrong answers counted, sides mixed up. */
describe("statistics", () => {
  test("the median of an even number of rounds is between the middle two", () => {
    expect(spreadOf([40, 10, 30, 20])).toEqual({ median: 25, low: 10, high: 40 });
  });

  test("a ratio is taken round by round, so a round that was slow for both sides changes nothing", () => {
    expect(ratioOf([50, 5, 50], [100, 10, 100])).toEqual({ median: 0.5, low: 0.5, high: 0.5 });
  });

  test("rounds that one side did not have are an error, not a guess", () => {
    expect(() => ratioOf([1, 2], [1])).toThrow("both sides");
    expect(() => spreadOf([])).toThrow("nothing");
  });
});

describe("settings", () => {
  const known = ["cart-read", "checkout"];

  test("names and options are read, and the defaults run everything", () => {
    expect(readSettings([], known)).toEqual({ names: [], json: false, seconds: 2, place: "default", smoke: false });
    expect(readSettings(["checkout", "--json", "--seconds", "0.5", "--tmpfs"], known)).toEqual({
      names: ["checkout"],
      json: true,
      seconds: 0.5,
      place: "tmpfs",
      smoke: false,
    });
  });

  test("a smoke run is short unless told otherwise, and a report is kept under a name", () => {
    expect(readSettings(["--smoke"], known).seconds).toBeLessThan(1);
    expect(readSettings(["--smoke", "--seconds", "3"], known).seconds).toBe(3);
    expect(readSettings(["--out", "laptop-tmpfs"], known).out).toBe("laptop-tmpfs");
  });

  test("what cannot be meant is refused with the reason", () => {
    expect(() => readSettings(["cartread"], known)).toThrow("there are cart-read, checkout");
    for (const seconds of ["0", "61", "soon"]) {
      expect(() => readSettings(["--seconds", seconds], known)).toThrow("--seconds");
    }
    expect(() => readSettings(["--disk", "--tmpfs"], known)).toThrow("not on both");
    for (const out of ["../secrets", "a/b", ""]) expect(() => readSettings(["--out", out], known)).toThrow("--out");
  });

  test("the report names the file system that the state is really on", () => {
    const { kind, folder } = findPlace("default");
    expect(folder).toBe(tmpdir());
    if (kind === "tmpfs") expect(() => findPlace("disk")).toThrow("TMPDIR");
    else expect(findPlace("disk").kind).toBe("disk");
  });

  test("a place without room for what is known to come is refused before anything is started, with a way to go on", () => {
    const exbibyte = 2 ** 60;
    expect(() => findPlace("default", exbibyte)).toThrow(
      /will take about \d+\.\d GiB, and .* has .* left; .*(?:--disk|TMPDIR)/,
    );
    expect(findPlace("default", 1).folder).toBe(tmpdir());
  });
});

describe("a contest", () => {
  const SECONDS = 0.05;

  test("every side has every round, in turns, prepared before and settled after each", async () => {
    await using server = await listen(200);
    const steps: string[] = [];
    const result = await hold(contest(server.origin, steps), { seconds: SECONDS });
    const plays = steps.map((step) => step.split(" ")[0]).filter((_, index) => index % 2 === 0);
    expect(plays.slice(0, 6)).toEqual(["floor", "shop", "floor", "shop", "shop", "floor"]);
    expect(steps).toHaveLength((1 + ROUNDS) * 2 * 2);
    for (let at = 0; at < steps.length; at += 2) expect(steps[at + 1]).toBe(`${plays[at / 2]} settled`);
    expect(result.yardstick.label).toBe("floor");
    expect(result.subject.calls).toBeGreaterThan(0);
    expect(result.subject.p99Ms).toBeGreaterThanOrEqual(result.subject.p50Ms);
  });

  test("a side whose work goes on after its answers is measured until that is done, in its own unit", async () => {
    await using server = await listen(200);
    const { yardstick, subject } = contest(server.origin, []);
    const SETTLE_MS = 200;
    const slow: Side = {
      ...subject,
      unit: { name: "events", perCall: 10 },
      settle: () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS)),
      settleCounts: true,
    };
    const result = await hold({ yardstick, subject: slow, others: [] }, { seconds: SECONDS });
    expect(result.subject.unit).toBe("events");
    const { calls, perSecond } = result.subject;
    // No round is shorter than its load and what it settles, and hardly one takes four times as long, however busy the machine is.
    const shortest = SECONDS + SETTLE_MS / 1_000;
    expect(perSecond.high).toBeLessThanOrEqual((calls * 10) / shortest);
    expect(perSecond.high).toBeGreaterThan((calls * 10) / ROUNDS / (shortest * 4));
  });

  test("what a shopper does in several requests is one call, and a wrong answer to the last of them ends the run", async () => {
    await using server = await listen(200);
    const { yardstick, subject } = contest(server.origin, []);
    let sent = 0;
    const shopper = (status: number): Side => ({
      ...subject,
      next: () => ({ method: "GET", path: "/", follow: (text) => ({ method: "POST", path: `/${text}`, status }) }),
      onAnswer: () => void (sent += 1),
    });
    const { subject: measured } = await hold(
      { yardstick, subject: shopper(200), others: [] },
      { seconds: 0.02, rounds: 1 },
    );
    expect(measured.calls).toBeGreaterThan(0);
    expect(sent).toBeGreaterThanOrEqual(measured.calls);
    await expect(hold({ yardstick, subject: shopper(201), others: [] }, { seconds: 0.02 })).rejects.toThrow(
      "POST /hello answered 200",
    );
  });

  test("a side that knows when it was done is not charged for having been asked late", async () => {
    await using server = await listen(200);
    const { yardstick, subject } = contest(server.origin, []);
    const LATE_MS = 500;
    const early: Side = {
      ...subject,
      settle: async () => {
        const doneAt = performance.now();
        await new Promise((resolve) => setTimeout(resolve, LATE_MS));
        return doneAt;
      },
      settleCounts: true,
    };
    const { subject: measured } = await hold({ yardstick, subject: early, others: [] }, { seconds: 0.02, rounds: 1 });
    // As fast as that it can only be if the wait is not in it.
    expect(measured.perSecond.median).toBeGreaterThan(measured.calls / (LATE_MS / 1_000));
  });

  test("a round of new objects is over before the runtime has no files left for them, and the next one may have as many", async () => {
    const FILES = 1_000;
    const side = withinFiles(contest("http://127.0.0.1:1", []).subject, 2, FILES);
    const callsOf = async (): Promise<number> => {
      await side.prepare(0);
      let calls = 0;
      while (side.next()) calls += 1;
      return calls;
    };
    const calls = await callsOf();
    expect(calls).toBeGreaterThan(0);
    expect(calls * 2 * 3).toBeLessThan(FILES * 0.9);
    expect(await callsOf()).toBe(calls);
  });

  test("one refusal ends the run: the rate of refusals says nothing", async () => {
    await using server = await listen(409);
    await expect(hold(contest(server.origin, []), { seconds: SECONDS })).rejects.toThrow("GET / answered 409: hello");
  });

  function contest(origin: string, steps: string[]): Contest {
    const side = (label: string): Side => ({
      label,
      origin,
      status: 200,
      prepare: async () => void steps.push(`${label} prepared`),
      next: () => ({ method: "GET", path: "/" }),
      settle: async () => void steps.push(`${label} settled`),
    });
    return { yardstick: side("floor"), subject: side("shop"), others: [] };
  }
});

async function listen(status: number): Promise<{ origin: string } & AsyncDisposable> {
  const server: Server = createServer((_, answer) => answer.writeHead(status).end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
