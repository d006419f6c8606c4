import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { mintSecret, signedHeaders } from "../../durable-objects/webhook-endpoint/signature.ts";

/** Goal: receivers verify with the package that they have anyway. Threat (pitfall 14): a signature that can be replayed at another time. */
const message = { id: "evt_1", body: JSON.stringify({ type: "order.paid", data: { note: "snowman ☃" } }) };
const nowish = (): number => Date.now();

describe("signature", () => {
  test("the package's own verifier takes it", () => {
    const secret = mintSecret();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(new Webhook(secret).verify(message.body, signedHeaders([secret], message, nowish()))).toMatchObject({
      type: "order.paid",
    });
  });

  test("pitfall 14: it covers id, timestamp and body", () => {
    const secret = mintSecret();
    const headers = signedHeaders([secret], message, nowish());
    const webhook = new Webhook(secret);
    const later = String(Number(headers["webhook-timestamp"]) + 60);
    expect(() => webhook.verify(message.body, { ...headers, "webhook-timestamp": later })).toThrow(/No matching/);
    expect(() => webhook.verify(message.body, { ...headers, "webhook-id": "evt_2" })).toThrow(/No matching/);
    expect(() => webhook.verify(`${message.body} `, headers)).toThrow(/No matching/);
  });

  test("an old recording is refused by its time", () => {
    const secret = mintSecret();
    const old = signedHeaders([secret], message, nowish() - 3_600_000);
    expect(() => new Webhook(secret).verify(message.body, old)).toThrow(/too old/);
  });

  test("while secrets roll, whoever knows either verifies, and nobody else", () => {
    const [fresh, old, other] = [mintSecret(), mintSecret(), mintSecret()];
    const headers = signedHeaders([fresh, old], message, nowish());
    expect(headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const secret of [fresh, old]) expect(new Webhook(secret).verify(message.body, headers)).toBeDefined();
    expect(() => new Webhook(other).verify(message.body, headers)).toThrow(/No matching/);
  });
});
