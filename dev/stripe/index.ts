import { settingsFrom } from "./settings.ts";
import type { StripeStandin } from "./server.ts";
import { createStripeStandin } from "./server.ts";

/** Runs the stand-in as a process: prints one line when it listens, stops on SIGINT and SIGTERM. */
async function main(): Promise<void> {
  const settings = settingsFrom(process.env);
  const standin = await createStripeStandin(settings);
  console.log(
    `Stripe stand-in listening on ${standin.url}${settings.state === null ? "" : ` (state: ${settings.state})`}`,
  );
  process.once("SIGINT", () => stop(standin));
  process.once("SIGTERM", () => stop(standin));
}

function stop(standin: StripeStandin): void {
  standin.close().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}

main().catch((error: unknown) => {
  console.error(`Stripe stand-in could not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
