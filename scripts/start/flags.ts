import * as z from "zod";
import type { AdminClient } from "../admin-client.ts";

const flagsSchema = z.object({ data: z.array(z.object({ key: z.string(), kind: z.string(), state: z.string() })) });

/** Puts the write paths that nobody has started yet at the bottom of their ladders: the monolith answers, and the shop computes along. */
export async function startFlags(admin: AdminClient): Promise<void> {
  const { data } = await admin.get("/admin/v1/flags", flagsSchema);
  const idle = data.filter(({ kind, state }) => kind === "path" && state === "off");
  for (const { key } of idle) {
    await admin.post(`/admin/v1/flags/${key}/start`, { reason: "npm start -- --legacy" }, `start:${key}`);
  }
}
