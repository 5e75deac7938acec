import { codes } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { hintFor, messageFor } from "./hints.ts";

describe("what the services say of a request", () => {
  it("names the option in place of the field: --force", () => {
    const told = `A 2-of-2 key remains. To have it so all the same: "force": "2-of-2".`;
    expect(messageFor(told)).toBe("A 2-of-2 key remains. To have it so all the same: --force 2-of-2.");
    expect(hintFor("account/too-few-holders", codes["account/too-few-holders"].hint)).toContain("run this again with --force as");
  });

  it("leaves every other message, and a hint that says more than the usual one of its code", () => {
    expect(messageFor("The request has no force.")).toBe("The request has no force.");
    expect(hintFor("account/too-few-holders", "Keep server-party-3.")).toBe("Keep server-party-3.");
  });
});
