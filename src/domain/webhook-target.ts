import { LIMITS } from "./limits.ts";
import { ok, refuse, type Result } from "./result.ts";

/** `public`: https to hosts of the public internet. `any`: for development, where receivers run on the same machine. */
export type TargetPolicy = "public" | "any";

export type TargetRefusal = { readonly reason: "target_refused"; readonly detail: string };

/** Names that never leave a machine, a network or a cloud. RFC 6761, 6762, 8375, 9476 and what routers and clouds made of it. */
const PRIVATE_SUFFIXES = [
  "localhost",
  "localdomain",
  "local",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "home.arpa",
  "alt",
  "onion",
  "invalid",
  "test",
];

/** IANA's special-purpose IPv4 blocks, as [first address, prefix bits]. 169.254.169.254, where clouds keep credentials, is in one. */
const PRIVATE_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/**
 * Whether webhooks may be sent there. Judged when an endpoint is registered and again before every attempt. The URL parser (WHATWG) has already
 * turned the decimal, hexadecimal, octal and short forms of an IPv4 address into four numbers, and full-width characters into plain ones,
 * so there is one form of each to look at. A public name that resolves to a private address is not caught here: nothing private can be
 * reached from Cloudflare's network.
 */
export function judgeTarget(text: string, policy: TargetPolicy): Result<string, TargetRefusal> {
  const no = (detail: string) => refuse({ reason: "target_refused" as const, detail });
  if (text.length > LIMITS.urlChars) return no(`may have at most ${LIMITS.urlChars} characters`);
  const url = URL.parse(text);
  if (!url) return no("must be an absolute URL");
  if (url.username !== "" || url.password !== "") return no("must not carry a user name or password");
  if (url.protocol !== "https:" && (url.protocol !== "http:" || policy !== "any"))
    return no("must begin with https://");
  if (policy === "public" && !isPublicHost(url.hostname)) return no("must be a host of the public internet");
  url.hash = "";
  return ok(url.href);
}

function isPublicHost(hostname: string): boolean {
  if (hostname.startsWith("[")) return isPublicIpv6(hostname.slice(1, -1));
  if (/^\d+\.\d+\.\d+\.\d+$/.test(hostname)) return isPublicIpv4(hostname);
  const name = hostname.toLowerCase().replace(/\.+$/, "");
  // A name without a dot is somebody's own network.
  return name.includes(".") && !PRIVATE_SUFFIXES.some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
}

function isPublicIpv4(address: string): boolean {
  const bits = (text: string): number => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const value = bits(address);
  return !PRIVATE_IPV4.some(([first, prefix]) => Math.floor((value - bits(first)) / 2 ** (32 - prefix)) === 0);
}

/** Global unicast (2000::/3) without its special blocks. All else is private, link-local, multicast, or IPv4 in disguise. */
function isPublicIpv6(address: string): boolean {
  const [head = "", tail = ""] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  const [first = 0, second = 0] = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  if (first < 0x2000 || first > 0x3fff) return false;
  const isProtocol = first === 0x2001 && second < 0x200; // Teredo, ORCHID, benchmarking
  const isDocumentation = (first === 0x2001 && second === 0xdb8) || (first === 0x3fff && second < 0x1000);
  const is6to4 = first === 0x2002; // carries an IPv4 address
  return !isProtocol && !isDocumentation && !is6to4;
}
