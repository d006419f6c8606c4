const GROUPS_OF_ADDRESS = 8;
const GROUPS_OF_NETWORK = 4;

/**
 * Who is limited as one client: the address that Cloudflare's edge has set, which a client cannot choose. A network of IPv6 (/64) is one client,
 * because whoever has one has addresses without end.
 */
export function clientOf(headers: Headers): string {
  const address = headers.get("cf-connecting-ip") ?? "unknown";
  if (!address.includes(":")) return address;
  // IPv4 in the form of IPv6.
  if (address.includes(".")) return address.slice(address.lastIndexOf(":") + 1);
  const [before = [], after = []] = address.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const zeros = Array.from({ length: Math.max(0, GROUPS_OF_ADDRESS - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after].slice(0, GROUPS_OF_NETWORK).join(":");
}
