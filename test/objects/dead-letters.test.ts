import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { DeadLetters } from "../../durable-objects/dead-letters/dead-letters.ts";
import { DEAD_LETTER_STEPS } from "../../durable-objects/dead-letters/schema.ts";
import { migrate } from "../../durable-objects/migrate.ts";
import { isEventBatch } from "../../src/domain/events/columns.ts";
import { textOf } from "../../src/domain/message-text.ts";
import { batchOf } from "../support/events.ts";
import { env, runDueWork } from "../support/objects.ts";

/**
 * Goal: a message that died is kept, explained, and sent again exactly as often as a person asks. Threats: it is in neither place between the
 * mark and the send; a poison message goes round for ever; a second click sends it twice.
 */
const NOW = Date.UTC(2026, 10, 27);

const good = (n: number) => ({
  v: 1,
  type: "payment.charge",
  id: `charge:ord_${n}:1`,
  orderId: `ord_${n}`,
  attempt: 1,
});
const letter = (n: number, body: unknown = good(n)) => ({
  messageId: `m${n}`,
  body: JSON.stringify(body),
  attempts: 4,
  at: NOW + n,
});
const replayOf = (seq: number) => ({ queue: "payments", seq, by: "anna" }) as const;

interface Tools {
  /** A new instance over the same storage, as after a crash. */
  readonly open: () => DeadLetters;
  /** Ids of the messages that the queue took. */
  readonly taken: string[];
  /** The same with all that the queue was given. */
  readonly sent: readonly { readonly body: unknown; readonly contentType?: string }[];
  readonly queue: { works: boolean };
  readonly state: DurableObjectState;
}

/** Runs `test` in a real object's storage, with queues that are written down and can be made to refuse. */
function withLetters(test: (tools: Tools) => Promise<void>): Promise<void> {
  return runInDurableObject(env.DEAD_LETTERS.getByName(crypto.randomUUID()), async (_own, state) => {
    const taken: string[] = [];
    const sent: { body: unknown; contentType?: string }[] = [];
    const queue = { works: true };
    const producer = {
      sendBatch: async (messages: Iterable<{ body: { id: string }; contentType?: string }>) => {
        if (!queue.works) throw new Error("Queue is overloaded. Please back off.");
        for (const message of messages) {
          taken.push(message.body.id);
          sent.push(message);
        }
      },
    };
    // SAFETY: of the bindings only the queues are used.
    const bindings = {
      ORDERS_QUEUE: producer,
      PAYMENTS_QUEUE: producer,
      EVENTS_QUEUE: producer,
    } as unknown as ObjectsEnv;
    await test({ open: () => new DeadLetters(state, bindings), taken, sent, queue, state });
    await state.storage.deleteAlarm();
  });
}

/** Lets the send that was started after the commit come to its end. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

async function runAlarm({ state, open }: Tools): Promise<void> {
  state.storage.sql.exec("UPDATE work SET due_at = 1");
  await open().alarm();
}

it("groups what died by cause: where a message cannot be read, or that it was given up", () =>
  withLetters(async ({ open }) => {
    const letters = open();
    const poison = { ...good(3), attempt: "first" };
    letters.add([letter(1), letter(2), letter(3, poison), letter(4, { ...poison, id: "other" })], "payments");
    letters.add([letter(1), { ...letter(5), body: "{" }], "payments");
    const { count, causes } = letters.overview();
    expect(count).toBe(5);
    expect(causes).toMatchObject([
      { cause: "gave_up.payment.charge", count: 2, firstAt: NOW + 1, lastAt: NOW + 2 },
      { cause: expect.stringMatching(/^unparseable\./), count: 2 },
      { cause: expect.stringMatching(/^unparseable\./), count: 1 },
    ]);
    const named = causes.find((group) => group.cause.startsWith("unparseable") && group.count === 2)?.cause;
    expect(letters.list({ limit: 10, cause: named }).map(({ messageId }) => messageId)).toEqual(["m4", "m3"]);
  }));

it("sends a letter once under its own id however often it is asked to, and remembers who asked", () =>
  withLetters(async ({ open, taken }) => {
    const letters = open();
    letters.add([letter(1)], "payments");
    expect(letters.replay(replayOf(1))).toMatchObject({ ok: true, value: { repeated: false } });
    expect(letters.replay(replayOf(1))).toMatchObject({ ok: true, value: { repeated: true } });
    await settled();
    expect(letters.replay({ ...replayOf(1), by: "ben" })).toMatchObject({
      value: { letter: { settled: { by: "anna" } } },
    });
    await settled();
    expect(taken).toEqual(["charge:ord_1:1"]);
    expect(letters.overview()).toMatchObject({ count: 0, unsent: 0, causes: [] });
    expect(letters.list({ limit: 10, status: "replayed" })).toMatchObject([{ seq: 1, settled: { by: "anna" } }]);
    // The platform delivers the letter to ops again: it was dealt with.
    letters.add([letter(1)], "payments");
    expect(letters.count()).toBe(0);
  }));

it("pitfall 22: a queue that does not take it keeps it in the outbox, over a crash too, and the alarm sends it", () =>
  withLetters(async (tools) => {
    const { open, taken, queue } = tools;
    open().add([letter(1)], "payments");
    queue.works = false;
    open().replay(replayOf(1));
    await settled();
    expect(open().overview()).toMatchObject({ count: 0, unsent: 1 });
    await runAlarm(tools);
    expect(taken).toEqual([]);
    queue.works = true;
    await runAlarm(tools);
    expect(taken).toEqual(["charge:ord_1:1"]);
    expect(open().overview()).toMatchObject({ unsent: 0 });
  }));

it("a message that is still unreadable is not sent into its death again", () =>
  withLetters(async ({ open, taken }) => {
    const letters = open();
    letters.add([letter(1, { ...good(1), attempt: "first" })], "payments");
    const mismatches = [{ path: "/attempt", expected: "number", actual: 'the text "first"' }];
    expect(letters.replay(replayOf(1))).toEqual({ ok: false, reason: "unparseable", mismatches });
    expect(letters.replay(replayOf(2))).toEqual({ ok: false, reason: "unknown_letter" });
    await settled();
    expect([taken, letters.count()]).toEqual([[], 1]);
  }));

it("keeps what a newer release wrote into a message", () =>
  withLetters(async ({ open, state, queue }) => {
    queue.works = false;
    open().add([letter(1, { ...good(1), fromTomorrow: true })], "payments");
    open().replay(replayOf(1));
    const { payload } = state.storage.sql.exec<{ payload: string }>("SELECT payload FROM work").one();
    expect(JSON.parse(payload)).toMatchObject({ fromTomorrow: true });
    await settled();
  }));

it("replays a cause in batches, past what it cannot send", () =>
  withLetters(async ({ open, taken }) => {
    const letters = open();
    letters.add(
      Array.from({ length: 250 }, (_, i) => letter(i)),
      "payments",
    );
    // As after a release that has made the schema stricter: sorted as readable, and no longer so.
    letters.add([letter(250, { ...good(250), type: "payment.unheard" })]);
    const input = { queue: "payments", cause: "gave_up.payment.charge", by: "anna", limit: 100 } as const;
    const first = letters.replayCause({ ...input, after: 0 });
    expect(first).toEqual({ replayed: 100, unparseable: 0, next: 100 });
    expect(letters.replayCause({ ...input, after: 100 })).toMatchObject({ replayed: 100, next: 200 });
    expect(letters.replayCause({ ...input, after: 200 })).toEqual({ replayed: 50, unparseable: 0, next: null });
    expect(letters.replayCause({ ...input, after: 0 })).toEqual({ replayed: 0, unparseable: 0, next: null });
    expect(letters.replayCause({ ...input, cause: "unsorted", after: 0 })).toEqual({
      replayed: 0,
      unparseable: 1,
      next: null,
    });
    await settled();
    expect(new Set(taken).size).toBe(250);
    expect(taken).toHaveLength(250);
  }));

it("discards with a reason, which stays with who and when; history is bounded and the dead are not", () =>
  withLetters(async ({ open, taken }) => {
    const letters = open();
    letters.add(
      Array.from({ length: 1_010 }, (_, i) => letter(i)),
      "payments",
    );
    for (let seq = 1; seq <= 1_005; seq++) letters.discard({ seq, by: "anna", why: "test order" });
    expect(letters.discard({ seq: 1_005, by: "ben", why: "again" })).toMatchObject({
      ok: true,
      value: { repeated: true, letter: { settled: { by: "anna", why: "test order", at: expect.any(Number) } } },
    });
    expect(letters.replay(replayOf(1_005))).toEqual({ ok: false, reason: "discarded" });
    expect(letters.read(1)).toBeNull();
    expect(letters.read(6)).toMatchObject({ status: "discarded" });
    expect(letters.count()).toBe(5);
    letters.replay(replayOf(1_010));
    expect(letters.discard({ seq: 1_010, by: "anna", why: "too late" })).toEqual({ ok: false, reason: "replayed" });
    await settled();
    expect(taken).toHaveLength(1);
  }));

it("letters from before there were causes are kept, and can be replayed", () =>
  withLetters(async ({ open, state, taken }) => {
    migrate(state.storage, DEAD_LETTER_STEPS.slice(0, 1));
    const { messageId, body, attempts, at } = letter(1);
    const insert = "INSERT INTO letters (message_id, body, attempts, at) VALUES (?, ?, ?, ?)";
    state.storage.sql.exec(insert, messageId, body, attempts, at);
    const letters = open();
    expect(letters.overview().causes).toMatchObject([{ cause: "unsorted", count: 1 }]);
    letters.replay(replayOf(1));
    await settled();
    expect(taken).toHaveLength(1);
  }));

it("an object that was aborted right after the answer still sends", async () => {
  const name = crypto.randomUUID();
  await env.DEAD_LETTERS.getByName(name).add([letter(1)], "payments");
  await env.DEAD_LETTERS.getByName(name).replay(replayOf(1));
  await abortAllDurableObjects();
  await runDueWork(env.DEAD_LETTERS.getByName(name));
  expect(await env.DEAD_LETTERS.getByName(name).overview()).toMatchObject({ count: 0, unsent: 0 });
});

type Step = { readonly act: "replay" | "discard" | "crash" | "alarm" | "break" | "mend"; readonly seq: number };
const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom("replay", "discard", "crash", "alarm", "break", "mend"),
  seq: fc.integer({ min: 1, max: 8 }),
});

it("whatever happens in whatever order, each message is dead, discarded, waiting to be sent, or sent, and none is lost", () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), (steps) =>
      withLetters(async (tools) => {
        const { open, taken, queue } = tools;
        let letters = open();
        letters.add(
          Array.from({ length: 8 }, (_, i) => letter(i + 1)),
          "payments",
        );
        for (const { act, seq } of steps) {
          if (act === "replay") letters.replay(replayOf(seq));
          if (act === "discard") letters.discard({ seq, by: "anna", why: "property" });
          if (act === "break") queue.works = false;
          if (act === "mend") queue.works = true;
          if (act === "crash") letters = open();
          if (act === "alarm") await runAlarm(tools);
        }
        queue.works = true;
        await settled();
        await runAlarm(tools);
        const idsOf = (status: "dead" | "replayed" | "discarded") =>
          letters.list({ limit: 100, status }).map(({ seq }) => `charge:ord_${seq}:1`);
        const all = [...idsOf("dead"), ...idsOf("replayed"), ...idsOf("discarded")];
        expect(all).toHaveLength(8);
        expect([...new Set(taken)].toSorted()).toEqual(idsOf("replayed").toSorted());
      }),
    ),
    { numRuns: 40 },
  ));

it("a batch of events goes out again as the typed arrays it was, and as nothing that JSON would make of them", () =>
  withLetters(async ({ open, sent }) => {
    const batch = batchOf([{ id: "a", label: "SKU-1" }, { id: "b" }]);
    const letters = open();
    letters.add([{ messageId: "m1", body: textOf(batch) ?? "", attempts: 4, at: NOW }], "events");
    expect(letters.list({ limit: 10 })).toMatchObject([{ cause: "gave_up.events.batch" }]);
    expect(letters.replay({ queue: "events", seq: 1, by: "anna" })).toMatchObject({ ok: true });
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(sent).toEqual([{ body: batch, contentType: "v8" }]);
    expect(isEventBatch(sent[0]?.body)).toBe(true);
  }));
