import { writeSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

const STDOUT = 1;

/**
 * Ends the output with `N passed, N failed`, for machines and for people who only read the last line. It is written when the process
 * exits, after every other reporter. What failed without being a test (a file that cannot be loaded, an error that nobody caught) counts as
 * one failure each, so that the line never says less than the exit code.
 */
export class SummaryReporter implements Reporter {
  #passed = 0;
  #failed = 0;

  onInit(): void {
    process.once("exit", (code) => {
      const failed = code !== 0 && this.#failed === 0 ? 1 : this.#failed;
      writeSync(STDOUT, `\n${this.#passed} passed, ${failed} failed\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.#passed = 0;
    this.#failed = unhandled.length;
    for (const module of modules) {
      const results = [...module.children.allTests()].map((test) => test.result().state);
      const failed = results.filter((state) => state === "failed").length;
      this.#passed += results.filter((state) => state === "passed").length;
      this.#failed += failed === 0 && module.state() === "failed" ? 1 : failed;
    }
  }
}
