import { CovaultError } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { makeLogger } from "./log.ts";

function capture() {
  const lines: string[] = [];
  return { lines, logger: makeLogger({ name: "test", level: "debug", destination: { write: (line: string) => void lines.push(line) } }) };
}

describe("logs", () => {
  it("removes secrets by the name of their field, at any depth, in lines and in bindings", () => {
    const { lines, logger } = capture();
    const child = logger.child({ session_id: "ses_1", join_token: "hide-1" });
    child.info({
      headers: { "x-api-key": "hide-2", authorization: "hide-3" },
      list: [{ a: { masterKey: "hide-4" } }],
      POSTGRES_PASSWORD: "hide-5",
    });
    expect(lines[0]).not.toContain("hide-");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ session_id: "ses_1", level: "info", headers: { "x-api-key": "[redacted]" } });
  });

  it("never prints bytes", () => {
    const { lines, logger } = capture();
    logger.info({ share: new Uint8Array([250, 251]), buffer: Buffer.from("topsecret") });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ share: "[2 bytes]", buffer: "[9 bytes]" });
  });

  it("writes an error with its code, facts and cause", () => {
    const { lines, logger } = capture();
    logger.error({ err: new CovaultError("http/internal", "It broke.", { facts: { port: 1 }, cause: new Error("the disk") }) }, "failed");
    expect(JSON.parse(lines[0] ?? "").err).toMatchObject({ code: "http/internal", facts: { port: 1 }, cause: { message: "the disk" } });
  });
});
