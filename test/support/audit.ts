import { spawn } from "node:child_process";
import { ROOT } from "../../scripts/wrangler.ts";
import type { ShopClient } from "./client.ts";

export interface AuditReport {
  readonly balanced: boolean;
  readonly text: string;
}

/** `npm run audit` as an operator runs it, against this shop. */
export function auditShop(client: ShopClient, waitSeconds: number = 30): Promise<AuditReport> {
  const args = ["scripts/audit.ts", "--url", client.origin, "--wait", String(waitSeconds)];
  const env = { ...process.env, STRIPE_API_BASE: client.stripeUrl, ADMIN_KEY: client.adminKey };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ balanced: code === 0, text }));
  });
}
