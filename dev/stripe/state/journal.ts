import {
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

const HEADER = JSON.stringify({ journal: "breakwater-stripe-standin", version: 1 });
/** Lines are gathered into chunks of about this size when a snapshot is written. */
const SNAPSHOT_CHUNK_CHARACTERS = 1_048_576;

/**
 * An append-only file of JSON lines, one line per transaction, written with `write(2)` before the caller is
 * answered. What was written survives a `kill -9`, because the kernel holds it; it is not synced, so it does not
 * survive a power cut. That trade makes an append cost microseconds, and a stand-in is not run for its durability
 * against power cuts.
 */
export class Journal {
  readonly #path: string;
  #file: number;
  #bytes: number;

  private constructor(path: string, file: number, bytes: number) {
    this.#path = path;
    this.#file = file;
    this.#bytes = bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Replays the file through `apply`, then opens it for appending. A last line that was cut short by a crash was
   * never answered for, and is cut off; damage anywhere else is an error, since guessing would lose charges.
   */
  static async open(path: string, apply: (line: unknown) => void): Promise<Journal> {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(path, "a");
    let sound_bytes = 0;
    let line_number = 0;
    let broken_line = 0;
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
    for await (const line of lines) {
      line_number += 1;
      if (broken_line > 0) throw new Error(`${path}: line ${broken_line} is not JSON`);
      const value = parseLine(line);
      if (value === undefined) {
        broken_line = line_number;
        continue;
      }
      if (line_number === 1) assertHeader(path, line);
      else apply(value);
      sound_bytes += Buffer.byteLength(line) + 1;
    }
    const file_bytes = statSync(path).size;
    const journal = new Journal(path, file, Math.min(sound_bytes, file_bytes));
    if (sound_bytes > file_bytes) journal.#write("\n"); // cut between the last line and its end: the line is whole
    else truncateSync(path, sound_bytes);
    if (sound_bytes === 0) journal.#write(`${HEADER}\n`);
    return journal;
  }

  append(line: unknown): void {
    this.#write(`${JSON.stringify(line)}\n`);
  }

  /** Puts a file with only `lines` in the place of the journal, in one rename. */
  replace(lines: Iterable<unknown>): void {
    const path = `${this.#path}.next`;
    const next = new Journal(path, openSync(path, "w"), 0);
    let chunk = `${HEADER}\n`;
    for (const line of lines) {
      chunk += `${JSON.stringify(line)}\n`;
      if (chunk.length < SNAPSHOT_CHUNK_CHARACTERS) continue;
      next.#write(chunk);
      chunk = "";
    }
    next.#write(chunk);
    renameSync(path, this.#path);
    closeSync(this.#file);
    this.#file = next.#file;
    this.#bytes = next.#bytes;
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(text: string): void {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length;) {
      written += writeSync(this.#file, bytes, written, bytes.length - written);
    }
    this.#bytes += bytes.length;
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function assertHeader(path: string, line: string): void {
  if (line !== HEADER) throw new Error(`${path} is not a journal of this stand-in, or of another version of it`);
}
