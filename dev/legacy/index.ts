import { createLegacyStandin } from "./server.ts";
import { settingsFrom } from "./settings.ts";

/** Runs the monolith as a process: prints one line when it listens, stops on SIGINT and SIGTERM. */
const standin = await createLegacyStandin(settingsFrom(process.env));
console.log(`Legacy stand-in listening on ${standin.url}`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void standin.close().then(() => process.exit(0)));
}
