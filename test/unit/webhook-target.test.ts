import { describe, expect, test } from "vitest";
import { judgeTarget } from "../../src/domain/webhook-target.ts";

/** Goal: webhooks reach the public internet and nothing else. Threat: an address that looks harmless and is a machine of ours (SSRF). */
const verdict = (url: string, policy: "public" | "any" = "public"): string => {
  const judged = judgeTarget(url, policy);
  return judged.ok ? "ok" : judged.detail;
};
const PUBLIC = "must be a host of the public internet";

describe("in production", () => {
  test.each([
    "https://hooks.example.com/orders?x=1",
    "https://HOOKS.EXAMPLE.COM:8443/",
    "https://8.8.8.8/",
    "https://172.15.0.1/",
    "https://172.32.0.1/",
    "https://11.0.0.1/",
    "https://169.253.0.1/",
    "https://[2606:4700::1111]/",
    "https://[2001:4860:4860::8888]/",
    "https://localhost.example.com/",
    "https://xn--bcher-kva.example/",
  ])("%s may be called", (url) => expect(verdict(url)).toBe("ok"));

  test.each([
    // loopback, in every spelling that a URL parser knows
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://%31%32%37.0.0.1/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::]/",
    // the same in IPv6's clothes
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    // private, shared, link-local, metadata
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[ff02::1]/",
    "https://[::ffff:169.254.169.254]/",
    // never anybody's receiver
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://203.0.113.9/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    // names
    "https://localhost/",
    "https://LOCALHOST./",
    "https://api.localhost/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://router.home.arpa/",
    "https://intranet/",
    "https://db.corp/",
    "https://x.lan/",
  ])("%s may not", (url) => expect(verdict(url)).toBe(PUBLIC));

  test.each([
    ["http://hooks.example.com/", "must begin with https://"],
    ["ftp://hooks.example.com/", "must begin with https://"],
    ["file:///etc/passwd", "must begin with https://"],
    ["javascript:alert(1)", "must begin with https://"],
    ["https://user:pass@hooks.example.com/", "must not carry a user name or password"],
    ["https://hooks.example.com@127.0.0.1/", "must not carry a user name or password"],
    ["/relative", "must be an absolute URL"],
    ["https://", "must be an absolute URL"],
    ["https://[::1", "must be an absolute URL"],
    [`https://example.com/${"x".repeat(2_048)}`, "may have at most 2048 characters"],
  ])("%s: %s", (url, detail) => expect(verdict(url)).toBe(detail));

  test("what is stored is the parser's own spelling, without a fragment", () => {
    expect(judgeTarget("https://EXAMPLE.com:443/a/../b#c", "public")).toMatchObject({ value: "https://example.com/b" });
  });
});

test("in development a receiver may be on the same machine and without https, but nothing else changes", () => {
  expect(verdict("http://127.0.0.1:9000/hook", "any")).toBe("ok");
  expect(verdict("http://localhost:9000/hook", "any")).toBe("ok");
  expect(verdict("ftp://localhost/", "any")).toBe("must begin with https://");
  expect(verdict("http://a:b@localhost/", "any")).toBe("must not carry a user name or password");
});
