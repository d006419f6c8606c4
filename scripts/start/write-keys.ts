import { createHash } from "node:crypto";

/** The write keys of a shop on a laptop, so that the demo shop and any SDK can send events at once. Never part of a deployment. */
export const LOCAL_WRITE_KEYS = { public: "wk_pub_local", secret: "wk_sec_local" } as const;

/** SQL that adds them once. One that was deleted stays deleted: its row is still there. */
export function localWriteKeys(now: number): string {
  const rows = Object.entries(LOCAL_WRITE_KEYS).map(([kind, key]) => {
    const hash = createHash("sha256").update(key).digest("hex");
    const shown = kind === "public" ? `'${key}'` : "NULL";
    return `('wk_local_${kind}', '${hash}', '${kind}', ${shown}, 'local ${kind} key', 'local', '["*"]', 1, 'npm start', ${now})`;
  });
  const columns = "id, hash, kind, key, name, source, origins, limited, created_by, created_at";
  return `INSERT OR IGNORE INTO write_keys (${columns}) VALUES ${rows.join(", ")}`;
}
