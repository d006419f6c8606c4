import { expect, test } from "vitest";
import { clientOf } from "../../src/platform/client.ts";

/** Goal: who is limited is a client. Threat: a network of IPv6 has addresses without end, and each would have a limit of its own. */
const of = (address: string): string => clientOf(new Headers({ "cf-connecting-ip": address }));

test("every address of a network of IPv6 (/64) is one client, however it is abbreviated", () => {
  const network = ["2001:db8::1", "2001:db8::2:3:4:5", "2001:db8:0:0:9::", "2001:db8:0:0:1:2:3:4"];
  expect(new Set(network.map(of))).toEqual(new Set(["2001:db8:0:0"]));
  expect(of("2001:db8:1:2::7")).toBe("2001:db8:1:2");
  expect(of("::1")).toBe("0:0:0:0");
});

test("an address of IPv4 is a client of its own, also in the form of IPv6", () => {
  expect(of("203.0.113.7")).toBe("203.0.113.7");
  expect(of("::ffff:203.0.113.7")).toBe("203.0.113.7");
  expect(clientOf(new Headers())).toBe("unknown");
});
