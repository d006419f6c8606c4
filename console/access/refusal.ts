import type { Refusal } from "./api.ts";

/** What became of a change that was asked for: where there is nothing, that is about what was to be changed. */
export const refusedChange = (refusal: Refusal): string => partly(refusal, "This key may not do that");

/** Why a part of the console has nothing to show, while the rest of it has. */
export const refusedPanel = (refusal: Refusal): string => partly(refusal, "This key may not see this part");

function partly(refusal: Refusal, lacks: string): string {
  const { reason, detail, scope } = refusal;
  if (reason === "not_found" && detail !== "") return detail;
  if (reason === "missing_scope" && scope !== undefined)
    return `${lacks}: it lacks the scope ${scope}. Ask for a key that has it.`;
  return explained(refusal);
}

/** Whether a change that was refused may have been made all the same. */
export const mayBeDone = ({ reason }: Refusal): boolean => reason === "unreachable" || reason === "unavailable";

/** The person's sign-in at Cloudflare Access has ended: only loading the page anew mends that, and no other key would. */
export const hasEnded = ({ reason }: Refusal): boolean => reason === "signed_out" || reason === "not_signed_in";

/** What went wrong and what to do about it, for whoever has just typed a key. */
export function explained({ reason, detail, scope }: Refusal): string {
  switch (reason) {
    case "unauthorized":
      return /revoked|expired/.exec(detail)
        ? `This key is ${/revoked/.test(detail) ? "revoked" : "expired"}. Ask for a new one.`
        : "The shop does not know this key. Check that it was copied whole, and that it belongs to this shop.";
    case "signed_out":
    case "not_signed_in":
      return "Your sign-in has ended. Load this page anew to sign in again.";
    case "missing_scope":
      return `This key may not see the console${scope === undefined ? "" : `: it lacks the scope ${scope}`}. Ask for a key that may.`;
    case "not_found":
      return "This shop has no console interface. Is an older version deployed?";
    case "moved":
    case "refused":
    case "unreachable":
    case "unavailable":
      return detail;
  }
}
