import { randomBytes } from "node:crypto";
import { randomFrom } from "./random.ts";
import { deedsOf, shopperEvent } from "./shopper-event.ts";

export interface BodiesOptions {
  readonly skus: readonly string[];
  readonly perRequest: number;
  readonly seed: number;
  /** Events in a row that are one visitor's: a browser sends its own, a server everybody's. */
  readonly perVisitor: number;
}

/** A body that is nobody else's until it is released. */
export interface Body {
  readonly bytes: Buffer;
  readonly release: () => void;
}

interface Template {
  readonly bytes: Buffer;
  /** Where in it the fields of each event begin that differ from request to request. */
  readonly ids: readonly number[];
  readonly visitors: readonly number[];
  readonly times: readonly number[];
}

const TEMPLATES = 64;
const VISITORS = 100_000;
const COUNTER_CHARS = 12;
const VISITOR_CHARS = 6;
/** What stands for a field until it is written; no field of an event contains these. */
const MARK = { id: "#".repeat(COUNTER_CHARS), visitor: "!".repeat(VISITOR_CHARS), time: "@".repeat(24) };

/**
 * Request bodies at the price of a copy: a few are serialised beforehand, and before each use only message ids, visitors and times are written
 * into them, in place. So every event is new, looks like one of a real SDK, and the generator is not what is measured.
 */
export class Bodies {
  readonly perRequest: number;
  /** Of an event on average, as JSON. */
  readonly eventBytes: number;
  readonly #perVisitor: number;
  readonly #free: Template[];
  readonly #make: () => Template;
  readonly #random: () => number;
  #count = 0;

  constructor({ skus, perRequest, seed, perVisitor }: BodiesOptions) {
    this.perRequest = perRequest;
    this.#perVisitor = perVisitor;
    this.#random = randomFrom(seed);
    const deeds = deedsOf(skus, this.#random);
    const run = randomBytes(8).toString("hex");
    this.#make = () => {
      const identity = {
        messageId: `ajs-next-${run}-${MARK.id}`,
        anonymousId: `8d5e1f6a-3b0c-4c55-9e3d-7a${run.slice(0, 4)}${MARK.visitor}`,
        timestamp: MARK.time,
      };
      const batch = Array.from({ length: perRequest }, () => shopperEvent(deeds(), identity));
      return templateOf(JSON.stringify({ batch, sentAt: MARK.time }));
    };
    this.#free = Array.from({ length: TEMPLATES }, this.#make);
    this.eventBytes = (this.#free[0]?.bytes.byteLength ?? 0) / perRequest;
  }

  next(): Body {
    // In turns: what was released last may still be on its way through the kernel.
    const template = this.#free.shift() ?? this.#make();
    const { bytes, ids, visitors, times } = template;
    const now = Buffer.from(new Date().toISOString(), "latin1");
    for (const at of times) now.copy(bytes, at);
    for (const at of ids) bytes.write(hex(this.#count++, COUNTER_CHARS), at, "latin1");
    let visitor = "";
    for (const [index, at] of visitors.entries()) {
      if (index % this.#perVisitor === 0) visitor = hex(Math.floor(this.#random() * VISITORS), VISITOR_CHARS);
      bytes.write(visitor, at, "latin1");
    }
    return { bytes, release: () => void this.#free.push(template) };
  }
}

const hex = (value: number, chars: number): string => value.toString(16).padStart(chars, "0");

function templateOf(text: string): Template {
  const places = (mark: string): number[] => [...text.matchAll(new RegExp(mark, "g"))].map(({ index }) => index);
  return {
    bytes: Buffer.from(text, "latin1"),
    ids: places(MARK.id),
    visitors: places(MARK.visitor),
    times: places(MARK.time),
  };
}
