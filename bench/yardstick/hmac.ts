const HMAC = { name: "HMAC", hash: "SHA-256" };
const SIGNATURE = /^t=(?<at>\d+),v1=(?<hex>[0-9a-f]{64})/;
const encoder = new TextEncoder();

let key: CryptoKey | undefined;

/** Whether a body carries Stripe's signature of it: HMAC-SHA-256 over `<time>.<body>`, in hex. Nothing else of it is looked at. */
export async function isSigned(body: string, header: string, secret: string): Promise<boolean> {
  const { at, hex } = SIGNATURE.exec(header)?.groups ?? {};
  if (at === undefined || hex === undefined) return false;
  key ??= await crypto.subtle.importKey("raw", encoder.encode(secret), HMAC, false, ["verify"]);
  return crypto.subtle.verify(HMAC, key, bytesOf(hex), encoder.encode(`${at}.${body}`));
}

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
