import { afterEach, describe, expect, test, vi } from "vitest";
import { type Answer, Api } from "../../console/access/api.ts";
import { type Polled, UNHEARD, withAnswer } from "../../console/access/polled.ts";
import { explained, mayBeDone } from "../../console/access/refusal.ts";

/** Goal: what the console was told stays what it was told. Threat: one answer that does not come takes away what somebody is looking at. */
describe("what is polled", () => {
  const away = { reason: "unavailable", detail: "A part of the shop is restarting." } as const;
  const told = (value: string): Answer<string> => ({ ok: true, value });
  const refused: Answer<string> = { ok: false, refusal: away };
  const known: Polled<string> = withAnswer(UNHEARD, told("25 %"), 1_000);

  test("stays beside a refusal, as of when it was answered, and is the present again with the next answer", () => {
    const old = withAnswer(withAnswer(known, refused, 3_000), refused, 5_000);
    expect(old).toEqual({ value: "25 %", heardAt: 1_000, refusal: away });
    expect(withAnswer(old, told("50 %"), 7_000)).toEqual({ value: "50 %", heardAt: 7_000, refusal: null });
  });

  test("is nothing before it was answered once, and says why", () => {
    expect(withAnswer(UNHEARD, refused, 1_000)).toEqual({ value: null, heardAt: 0, refusal: away });
  });
});

describe("a refusal", () => {
  afterEach(() => vi.unstubAllGlobals());
  const refusalOf = async (key: string | undefined, status: number) => {
    vi.stubGlobal("fetch", async () => Response.json({ detail: "" }, { status }));
    const answer = await new Api(key).get("session");
    if (answer.ok) throw new Error("it is refused");
    return answer.refusal;
  };

  test("of somebody without a key is no word about a key", async () => {
    expect(explained(await refusalOf("key", 401))).toMatch(/does not know this key/);
    expect(explained(await refusalOf(undefined, 401))).toMatch(/^Your sign-in has ended/);
  });

  test.each([
    [409, "refused", false],
    [412, "moved", false],
    [429, "refused", false],
    [500, "unavailable", true],
    [503, "unavailable", true],
  ] as const)("of %i is %s; that what was asked for may be done all the same: %s", async (status, reason, isOpen) => {
    const refusal = await refusalOf("key", status);
    expect([refusal.reason, mayBeDone(refusal)]).toEqual([reason, isOpen]);
  });
});
