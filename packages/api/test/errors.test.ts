// The statuses of the codes, docs/errors.md, and the body of a refusal.
import { readFileSync } from "node:fs";
import { codes, type ErrorCode } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { errorBody, errorBodyOf, statusOf, titleOf } from "../src/index.ts";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const names = Object.keys(codes) as ErrorCode[];

describe("the status of a code", () => {
  it.each(names)("%s is what docs/errors.md says", (code) => {
    expect(page).toContain(`\n## ${code}\n\n\`${codes[code].kind}\`, HTTP ${statusOf(code)}\n`);
  });

  it("fits the kind", () => {
    for (const code of names) {
      expect(statusOf(code), code).toBeGreaterThanOrEqual(400);
      expect(statusOf(code), code).toBeLessThan(600);
      if (codes[code].kind === "bug") expect(statusOf(code), code).toBe(500);
      if (codes[code].kind === "io") expect([409, 502, 503, 504], code).toContain(statusOf(code));
    }
  });
});

describe("the body of a refusal", () => {
  const refusal = { code: "account/bad-digest", message: "digest: it is not hex.", status: 400, requestId: "req_1" } as const;

  it("has code, message and hint first, and the fields of RFC 9457 beside them", () => {
    const body = errorBodyOf(refusal);
    expect(Object.keys(body)).toEqual(["code", "message", "hint", "type", "title", "status", "detail", "instance"]);
    expect(body).toEqual({
      code: "account/bad-digest",
      message: "digest: it is not hex.",
      hint: codes["account/bad-digest"].hint,
      type: "/docs/errors#account-bad-digest",
      title: "Bad digest",
      status: 400,
      detail: "digest: it is not hex.",
      instance: "req_1",
    });
    expect(errorBody.parse(body)).toEqual(body);
  });

  it("has what is wrong in the body, and the session, where there are such", () => {
    const errors = [{ pointer: "/digest", message: "it is not hex." }];
    expect(errorBodyOf({ ...refusal, errors, sessionId: "ses_1" })).toMatchObject({ errors, session_id: "ses_1" });
    expect(errorBodyOf({ ...refusal, errors: [] })).not.toHaveProperty("errors");
  });

  it("leads to a place of the page that is there", () => {
    for (const code of names) {
      const [, anchor] = errorBodyOf({ ...refusal, code }).type.split("#");
      expect(page).toContain(`<a id="${anchor}"></a>\n\n## ${code}\n`);
      expect(titleOf(code)).toMatch(/^[A-Z][a-z0-9]*( [a-z0-9]+)*$/);
    }
  });
});
