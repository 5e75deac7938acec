// Shapes of single values that both APIs use.
import { z } from "zod";

/**
 * A whole number from `min` to `max` in a query or a header, where everything is text. It is made
 * of decimal digits and nothing else. Number() would also take 1e1, 0x10, " 5" and 5.0.
 */
export const integerParameter = (min: number, max: number) =>
  z.preprocess(
    (text) => (typeof text === "string" && /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : undefined),
    z.int(`expected a whole number ${min}..${max}`).min(min).max(max),
  );

/**
 * Text that a database keeps as it came. It has no control characters, of which a database refuses
 * some, and no half of a surrogate pair.
 */
export const plainText = (charactersMax: number) =>
  z
    .string()
    .min(1)
    .max(charactersMax)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "expected text without control characters");

/** So many bytes in hex, with or without 0x, in either case. */
export const hexBytes = (bytes: number) =>
  z.string().regex(new RegExp(`^(0[xX])?[0-9a-fA-F]{${2 * bytes}}$`), `expected ${bytes} bytes in hex`);

export const time = z.iso.datetime().describe("RFC 3339, in UTC");

/** How a session stands. */
export const sessionStatus = z
  .enum(["open", "running", "staged", "completed", "failed"])
  .describe(
    "staged: some holders have their share of a further epoch, and others have not said so: it completes, or the next one supersedes it",
  );

export const awaited = z
  .array(z.string())
  .describe("Whom a session that changes a key waits for: away, or without a word on what it staged");

export const needsPairs = z
  .array(z.array(z.int()).length(2))
  .describe("The pairs that have to be made anew before these parties can sign, by share index. Empty otherwise.");

/** The kinds of session. packages/trust has what follows from each. */
export const kind = z.enum(["keygen", "import", "sign", "refresh", "reshare", "recover", "renew", "repair", "export"]);

export const sessionEvent = z.object({
  seq: z.int().describe("Its number in the session, from 1"),
  type: z.string(),
  at: time,
  data: z.record(z.string(), z.unknown()),
});

/** What becomes of a party in a session. */
export const partyStates = [
  "eligible",
  "invited",
  "joined",
  "running",
  "acknowledged",
  "declined",
  "aborted",
  "cancelled",
  "signed",
  "unused",
] as const;
export const partyStatesMean =
  "eligible: not asked so far. acknowledged: it has done its part for a key, an epoch, a pair or a share. cancelled: its attempt ended under way. " +
  "signed, unused: in or out of the quorum that signed";
