import { describe, expect, it } from "vitest";
import { signatureTags, signedBytes } from "./index.ts";

const tags = Object.values(signatureTags);

describe("signature tags", () => {
  it("are one per purpose", () => {
    expect(new Set(tags).size).toBe(tags.length);
  });

  it("are this closed list: whoever adds one decides here what it may sign", () => {
    expect(signatureTags).toEqual({
      roster: "covault/roster/v1",
      intent: "covault/intent/v1",
      join: "covault/join/v1",
      ack: "covault/ack/v1",
      abandon: "covault/abandon/v1",
      accusation: "covault/accusation/v1",
      refusal: "covault/refusal/v1",
      wait: "covault/wait/v1",
      round: "covault/round/v1",
      routerAuth: "covault/router-auth/v1",
      audit: "covault/audit/v1",
      holding: "covault/holding/v1",
      pairAck: "covault/pair-ack/v1",
      release: "covault/export/v1",
      importRecipient: "covault/import-recipient/v1",
      backup: "covault/backup/v1",
    });
  });

  it("are short printable ASCII, so that their length fits one byte and they have one encoding", () => {
    for (const tag of tags) expect(tag).toMatch(/^[!-~]{1,64}$/);
  });
});

describe("signedBytes", () => {
  it("has one reading: no body under one tag gives the bytes of another tag", () => {
    const body = new Uint8Array([1, 2, 3]);
    expect(signedBytes("covault/ack/v1", body)).toEqual(new Uint8Array([14, ...new TextEncoder().encode("covault/ack/v1"), 1, 2, 3]));
    for (const one of tags)
      for (const other of tags.filter((tag) => tag !== one)) {
        const a = signedBytes(one, new Uint8Array(0));
        const b = signedBytes(other, new Uint8Array(0));
        // Neither is a prefix of the other, so no body can bridge them.
        const shared = Math.min(a.length, b.length);
        expect(a.subarray(0, shared)).not.toEqual(b.subarray(0, shared));
      }
  });
});
