import { describe, expect, it } from "vitest";
import { readHost } from "./host.ts";
import { readInteger } from "./integer.ts";
import { type UrlForm, urlForms, wrongOfUrl } from "./url.ts";

describe("a host", () => {
  it.each([
    ["db", "db"],
    [" db ", "db"],
    ["db.example.org", "db.example.org"],
    ["db_1.internal.", "db_1.internal."],
    ["10.0.0.7", "10.0.0.7"],
    ["::1", "::1"],
    ["[::1]", "::1"],
    ["2001:db8::7", "2001:db8::7"],
  ])("is read from %j", (text, host) => {
    expect(readHost(text)).toBe(host);
  });

  it.each([
    "",
    " ",
    "db:5433",
    "10.0.0.7:5433",
    "[::1]:5433",
    "[10.0.0.7]",
    "postgres://db",
    "//db",
    "user@db",
    "db/other",
    "/var/run/postgresql",
    "db?x",
    "db#x",
    "d b",
    "d\u200bb",
    "\ufeff",
    "db\\x",
    "%2Fvar",
    "*",
    "a..b",
    "-a",
    "fe80::1%eth0",
    "10.0.0",
    "127.1",
    "010.0.0.1",
    "10.0.0.256",
    "0x7f.1",
    "2130706433",
    "x".repeat(64),
  ])("is not %j", (text) => {
    expect(readHost(text)).toBeUndefined();
  });
});

describe("a URL", () => {
  it.each<[keyof typeof urlForms, string]>([
    ["http", "http://coordinator-1:8081"],
    ["http", "https://[::1]:8081/inner"],
    ["router", "wss://router.example/v1/stream"],
    ["postgres", "postgres://user:p%40%2Fw@db:5433/covault_account?sslmode=verify-full"],
    ["postgres", "postgresql://u:p@ss@[2001:db8::1]/x"],
    ["postgres", "postgres://u@%2Fvar%2Frun%2Fpostgresql/x"],
    ["rabbitmq", "amqps://u:p@mq:5671/vhost?heartbeat=10"],
    ["rabbitmq", "amqp://guest:guest@127.0.0.1:5672/%2f"],
    ["redis", "rediss://:password@redis:6379/3"],
    ["redis", "redis://cache"],
  ])("of %s may be %s", (form, text) => {
    expect(wrongOfUrl(text, urlForms[form])).toBeUndefined();
  });

  it.each<[keyof typeof urlForms, string]>([
    ["http", "http:coordinator"],
    ["http", "coordinator:8081"],
    ["http", "http://"],
    ["http", "http:///path"],
    ["http", "http://a b"],
    ["http", "http://ro\nuter"],
    ["http", "http:\\\\host"],
    ["http", "http://host\\path"],
    ["http", "http://host:0"],
    ["http", "http://host:70000"],
    ["http", "http://host:80x"],
    ["http", "http://name:hunter2@host"],
    ["http", "http://host?x"],
    ["http", "http://host#x"],
    ["router", "ftp://router"],
    ["postgres", "postgres:db"],
    ["postgres", "postgres:///db"],
    ["postgres", "postgres://user@/db"],
    ["postgres", "postgres://db/one/two"],
    ["postgres", "postgres://good/db?host=evil"],
    ["postgres", "postgres://good/db?port=1"],
    // A password with a character that ends it early names another host.
    ["postgres", "postgres://u:12#hunter2@db/x"],
    ["postgres", "postgres://u:12/hunter2@db/x"],
    ["postgres", "postgres://u:12?hunter2@db/x"],
    ["rabbitmq", "amqp://"],
    ["rabbitmq", "amqp://mq/a/b"],
    ["rabbitmq", "http://mq"],
    ["redis", "redis://"],
    ["redis", "redis:cache"],
    ["redis", "redis://cache/main"],
    ["redis", "redis://cache/0/1"],
    ["redis", " redis://cache"],
  ])("of %s is not %j, and what is said shows none of it", (form, text) => {
    const wrong = wrongOfUrl(text, urlForms[form] as UrlForm);
    expect(wrong).toMatch(/^expected /);
    expect(wrong).not.toContain("hunter2");
  });
});

it("a whole number is decimal digits and nothing else, within its bounds", () => {
  expect(["0", "7", "100"].map((text) => readInteger(text, 0, 100))).toEqual([0, 7, 100]);
  for (const text of ["", " 5", "5 ", "+5", "-5", "5.0", "5.", "1e1", "0x10", "0b1", "05", "1_0", "1,0", "٥", "101", "NaN", "9".repeat(16)])
    expect([text, readInteger(text, 0, 100)]).toEqual([text, undefined]);
  expect(readInteger("9".repeat(16), 0, Number.MAX_SAFE_INTEGER)).toBeUndefined();
});
