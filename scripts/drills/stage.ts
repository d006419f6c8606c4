import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../../bench/runtime/bench.ts";
import { Processes } from "../../bench/runtime/processes.ts";
import type { Place } from "../../bench/settings.ts";

/** Where a drill takes place: a folder and processes of its own, all of which are gone afterwards. */
export class Stage {
  readonly #processes = new Processes();
  readonly #directories: string[] = [];

  open({ folder }: Place): Bench {
    const directory = mkdtempSync(join(folder, "breakwater-drill-"));
    this.#directories.push(directory);
    return { directory, processes: this.#processes };
  }

  lastLines(): string {
    return this.#processes.lastLines();
  }

  async close(): Promise<void> {
    await this.#processes.stop();
    for (const directory of this.#directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  }
}

/** Not on standard output, which is the outcome's. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
