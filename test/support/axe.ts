import axe from "axe-core";
import type { Page } from "playwright-core";

interface Finding {
  readonly rule: string;
  readonly impact: string;
  readonly at: readonly string[];
}

/** What axe-core finds on the page that keeps people out: `serious` and `critical`, with the elements. */
export async function seriousViolations(page: Page): Promise<Finding[]> {
  // Through the debugger, because the page's policy would not load it as a script.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    // SAFETY: put there by the line above.
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, impact, nodes }) => ({ rule: id, impact: String(impact), at: nodes.map(({ html }) => html) }));
  });
}
