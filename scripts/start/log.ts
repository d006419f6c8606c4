import * as z from "zod";

const record = z.record(z.string(), z.unknown());
const VALUE_CHARS = 120;
const KEPT_LINES = 20;
/** The tables of bindings, which are printed again at every reload. */
const TABLE = /^(?:Using secrets|Binding {2}|env\.\w+ \(|breakwater[\w-]* has access|Service bindings, Durable Object)/;
/** The access log and progress. */
const PROGRESS = /^(?:\[wrangler:|⎔)/;

/**
 * Makes wrangler's output readable: what the Workers say, one short line each, and what went wrong. The tables of
 * bindings, the banners and the access log are left out; the last lines are kept for when the start fails.
 */
export class LogView {
  readonly #write: (line: string) => void;
  readonly #kept: string[] = [];
  #ready = false;
  #shown = false;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** From now on what is not recognised is shown: it comes from a Worker, not from wrangler starting up. */
  ready(): void {
    this.#ready = true;
  }

  line(line: string): void {
    if (line.trim() !== "" && !TABLE.test(line)) this.#kept.push(line);
    if (this.#kept.length > KEPT_LINES) this.#kept.shift();
    // A stack trace belongs to the line above it.
    const text = /^\s+\S/.test(line) ? (this.#shown ? line : undefined) : shorten(line, this.#ready);
    this.#shown = text !== undefined;
    if (text !== undefined) this.#write(text);
  }

  lastLines(): string {
    return this.#kept.join("\n");
  }
}

/** What a person should read of this line, or nothing. */
export function shorten(line: string, ready: boolean): string | undefined {
  if (line.trim() === "" || line.includes("`Request.cf`")) return undefined;
  const fromWorker = /^\[breakwater(?:-(\w+))?\] (.*)$/.exec(line);
  if (fromWorker) return `${(fromWorker[1] ?? "storefront").padEnd(10)} ${compact(fromWorker[2] ?? "")}`;
  if (line.includes("ERROR") || line.startsWith("[wrangler:error]")) return line;
  if (TABLE.test(line) || PROGRESS.test(line)) return undefined;
  return ready ? line : undefined;
}

/** `{"level":"warn","event":"charge_declined","order":"ord_1"}` -> `warn  charge_declined order=ord_1` */
function compact(text: string): string {
  const parsed = parse(text);
  if (!parsed) return text;
  const { level, event, message, msg, at: _at, requestId: _requestId, ...rest } = parsed;
  const what = [event, message, msg].filter((part) => typeof part === "string").join(" ");
  const details = Object.entries(rest).map(([name, value]) => `${name}=${plain(value)}`);
  return [plain(level ?? "info").padEnd(5), what, ...details].join(" ");
}

function parse(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const result = record.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

function plain(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > VALUE_CHARS ? `${text.slice(0, VALUE_CHARS)}...` : text;
}
