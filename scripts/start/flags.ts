import * as z from "zod";
import type { AdminClient } from "../admin-client.ts";

const flagSchema = z.object({ key: z.string(), kind: z.string(), state: z.string() });
const flagsSchema = z.object({ data: z.array(flagSchema), silent: z.array(z.object({ key: z.string() })) });

/** Puts the write paths that nobody has started yet at the bottom of their ladders: the monolith answers, and the shop computes along. */
export async function startFlags(admin: AdminClient): Promise<void> {
  const { data, silent } = await admin.get("/admin/v1/flags", flagsSchema);
  // The list waits for no coordinator that is slow to begin; here there is time.
  const late = await Promise.all(silent.map(({ key }) => admin.get(`/admin/v1/flags/${key}`, flagSchema)));
  const idle = [...data, ...late].filter(({ kind, state }) => kind === "path" && state === "off");
  for (const { key } of idle) {
    await admin.post(`/admin/v1/flags/${key}/start`, { reason: "npm start -- --legacy" }, `start:${key}`);
  }
}
