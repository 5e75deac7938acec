// The table of codes, the page of help and the class are held together. docs/errors.md is read as
// it is.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { asCovaultError, CovaultError, codes, type ErrorCode } from "./index.ts";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf("\n")), text.slice(text.indexOf("\n") + 1).replace(/\n(# |<a )[\s\S]*$/, "")] as const),
);
const names = Object.keys(codes) as ErrorCode[];

describe("docs/errors.md", () => {
  it("has exactly one section for each code, and none for anything else", () => {
    expect([...sections.keys()].sort()).toEqual([...names].sort());
    expect(page.match(/^## /gm)).toHaveLength(names.length);
  });

  it.each(names)("%s: says its kind as the table has it, what it means, and what to do", (code) => {
    const [summary, meaning, advice] = (sections.get(code) ?? "").trim().split("\n\n");
    expect(summary).toMatch(new RegExp(`^\`${codes[code].kind}\`, HTTP \\d{3}$`));
    expect(meaning).toMatch(/^[A-Z`].{20,}[.:]/);
    expect(advice).toMatch(/^\*\*What to do\.\*\* .{5,}\.$/s);
  });

  it.each(names)("%s: is where the link of its errors leads", (code) => {
    const link = new CovaultError(code, "text").explain().split("docs/errors.md#")[1];
    expect(page).toContain(`<a id="${link}"></a>\n\n## ${code}\n`);
  });
});

describe("codes", () => {
  it("are area/what, in lower case, and their anchors do not coincide", () => {
    for (const code of names) expect(code).toMatch(/^[a-z]+\/[a-z0-9-]+$/);
    expect(new Set(names.map((code) => code.replace("/", "-"))).size).toBe(names.length);
  });

  it("have a hint of whole sentences", () => {
    for (const code of names) expect(codes[code].hint, code).toMatch(/^[A-Z].*\.$/);
  });
});

describe("CovaultError", () => {
  it("explains itself as a page of help: sentence, facts, what to do, code, where to read on", () => {
    const error = new CovaultError("mpc/opening-mismatch", "Party 3's opening does not match its commitment.", {
      facts: { session: "ses_01", protocol: "sign, round 3" },
      culprits: [3],
    });
    expect(error.explain()).toMatchInlineSnapshot(`
      "Party 3's opening does not match its commitment.

        session:  ses_01
        protocol: sign, round 3

      The named party opened another value than it committed to. Start a new session without it.
      Code: mpc/opening-mismatch
      Docs: docs/errors.md#mpc-opening-mismatch"
    `);
  });

  it("takes kind and hint from the table, and no HTTP status, and a cheat can be retried unless it says burn", () => {
    const cheat = new CovaultError("mpc/ot-check-failed", "text", { culprits: [2], consequence: "burn" });
    expect(cheat).toMatchObject({
      kind: "cheat",
      hint: codes["mpc/ot-check-failed"].hint,
      culprits: [2],
      consequence: "burn",
    });
    expect(cheat).not.toHaveProperty("status");
    expect(new CovaultError("mpc/bad-proof", "text", { culprits: [2] }).consequence).toBe("retry");
    expect(new CovaultError("router/peer-offline", "text").consequence).toBeUndefined();
    expect(new CovaultError("router/peer-offline", "text", { hint: "Better." }).hint).toBe("Better.");
  });

  it("keeps its cause", () => {
    const cause = new Error("below");
    expect(new CovaultError("http/internal", "text", { cause }).cause).toBe(cause);
    expect("cause" in new CovaultError("http/internal", "text")).toBe(false);
  });

  it("is recognised by name and code, also when another copy of the package made it", () => {
    const foreign = Object.assign(new Error("text"), { name: "CovaultError", code: "http/internal" });
    expect(asCovaultError(foreign)?.code).toBe("http/internal");
    for (const other of [
      new Error("text"),
      Object.assign(new Error("text"), { code: "ENOENT" }),
      "text",
      undefined,
      { name: "CovaultError", code: "x" },
    ])
      expect(asCovaultError(other)).toBeUndefined();
  });

  it("takes no bytes as facts", () => {
    // @ts-expect-error: facts are strings and numbers, so that no secret can be one
    const error = new CovaultError("http/internal", "text", { facts: { share: new Uint8Array(32) } });
    expect(error.code).toBe("http/internal");
  });
});
