/**
 * Entity tags of what has a version. Such a tag is the version and nothing else, the same whatever bytes it travels in. So tags are compared weakly, in
 * If-Match too, where RFC 9110 (13.1.1) asks for the strong comparison, because of things that are the same and differ in bytes. Where Cloudflare
 * compresses an answer on its way it makes a weak tag, `W/"3"`, of our strong one, and that is what clients then send back.
 * Source: https://developers.cloudflare.com/cache/reference/etag-headers/
 */
const TAG = /^(?:W\/)?"(\d{1,15})"$/;

export const etagOf = (version: number): string => `"${version}"`;

/** The version that a tag of ours names, strong or weakened; `undefined` for anything else. */
export function versionOf(tag: string | undefined): number | undefined {
  const match = TAG.exec(tag?.trim() ?? "");
  return match ? Number(match[1]) : undefined;
}

/** Whether one of the tags of an If-None-Match is this one, or `*`, which is any. */
export function isAmong(tag: string, ifNoneMatch: string | undefined): boolean {
  const given = ifNoneMatch?.split(",").map((one) => one.trim()) ?? [];
  return given.some((one) => one === "*" || one.replace(/^W\//, "") === tag);
}
