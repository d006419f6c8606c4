import type { Refusal } from "./api.ts";

/** What became of a change that was asked for: where there is nothing, that is about what was to be changed. */
export const refusedChange = (refusal: Refusal): string =>
  refusal.reason === "not_found" && refusal.detail !== "" ? refusal.detail : explained(refusal);

/** What went wrong and what to do about it, for whoever has just typed a key. */
export function explained({ reason, detail, scope }: Refusal): string {
  switch (reason) {
    case "unauthorized":
      return /revoked|expired/.exec(detail)
        ? `This key is ${/revoked/.test(detail) ? "revoked" : "expired"}. Ask for a new one.`
        : "The shop does not know this key. Check that it was copied whole, and that it belongs to this shop.";
    case "missing_scope":
      return `This key may not see the console${scope === undefined ? "" : `: it lacks the scope ${scope}`}. Ask for a key that may.`;
    case "not_found":
      return "This shop has no console interface. Is an older version deployed?";
    case "unreachable":
    case "unavailable":
      return detail;
  }
}
