// Every error code of Covault: who is at fault, the HTTP status at an edge, and one line of help.
// docs/errors.md has a section for each; errors.test.ts holds the two together.

/** Whose fault an error is, and so who acts: see docs/errors.md. */
export type ErrorKind = "usage" | "cheat" | "io" | "bug";

export interface CodeEntry {
  readonly kind: ErrorKind;
  /** HTTP status where the error reaches an HTTP caller. */
  readonly status: number;
  /** What to do now, one sentence. */
  readonly hint: string;
}

export const codes = {
  // mpc: the mathematics
  "mpc/bad-setup": { kind: "usage", status: 400, hint: "Fix the parameters named in the message and start a new session." },
  "mpc/incomplete-inbox": { kind: "usage", status: 500, hint: "Deliver exactly one message per peer before calling the round." },
  "mpc/round-already-used": { kind: "usage", status: 500, hint: "A round's state can be used once. Start a new session." },
  "mpc/pair-burned": { kind: "usage", status: 409, hint: "Choose another quorum, or refresh the key to get a new pair." },
  "mpc/bad-share-record": { kind: "usage", status: 500, hint: "The stored share cannot be read. Restore it from a backup or recover it." },
  "mpc/context-mismatch": { kind: "io", status: 409, hint: "The members hold different inputs. Start a new session." },
  "mpc/echo-mismatch": { kind: "io", status: 502, hint: "Somebody sent different values to different members. Start a new session." },
  "mpc/confirmation-mismatch": {
    kind: "io",
    status: 502,
    hint: "The members did not end with the same key material. Start a new session.",
  },
  "mpc/bad-message": {
    kind: "cheat",
    status: 502,
    hint: "The named party sent a malformed message. Start a new session, without it if it happens again.",
  },
  "mpc/opening-mismatch": {
    kind: "cheat",
    status: 502,
    hint: "The named party opened another value than it committed to. Start a new session without it.",
  },
  "mpc/bad-proof": { kind: "cheat", status: 502, hint: "The named party's proof of knowledge is wrong. Start a new session without it." },
  "mpc/dealer-mismatch": {
    kind: "cheat",
    status: 502,
    hint: "The named dealer did not deal its own share. Start a new session without it.",
  },
  "mpc/bad-share": {
    kind: "cheat",
    status: 502,
    hint: "The named party dealt a share that does not match its commitments. Start a new session without it.",
  },
  "mpc/ot-check-failed": { kind: "cheat", status: 502, hint: "The named party must not be used with this key again before a refresh." },
  "mpc/mul-check-failed": { kind: "cheat", status: 502, hint: "The named party must not be used with this key again before a refresh." },
  "mpc/signature-invalid": {
    kind: "io",
    status: 502,
    hint: "The parts did not make a valid signature. Treat the message as possibly signed and try again with another quorum.",
  },
  "mpc/bad-partial-signature": {
    kind: "cheat",
    status: 502,
    hint: "The named party sent a wrong partial signature. Try again without it.",
  },
  "mpc/presignature-used": { kind: "usage", status: 409, hint: "A presignature signs once. Take another." },
  "mpc/degenerate": { kind: "io", status: 502, hint: "A value that is zero with negligible probability came up. Start a new session." },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof codes;
