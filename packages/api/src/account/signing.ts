// Signatures, and who makes them.
import { z } from "zod";
import { answer, bodyRefusals, guardedRefusals, refusal } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { hexBytes } from "../shapes.ts";
import { idempotencyHeaders } from "./idempotency.ts";
import { idOf, pathText, payloadKind, schemeName } from "./names.ts";
import { noSuchAccount, sessionRefusals, whenActive } from "./refusals.ts";

const digestPattern = "^(0[xX])?[0-9a-fA-F]{64}$";
/** Bytes in hex, with or without 0x. */
export const bytesPattern = "^(0[xX])?([0-9a-fA-F]{2})*$";
/** The longest message of Ed25519. */
export const messageBytesMax = 65_536;
/** A message of Ed25519 is 128 KiB in hex, and a payload is larger still. */
const bodyBytesMax = 524_288;

const transaction = z
  .strictObject({
    type: payloadKind.describe("evm_personal_message: EIP-191, which every party prefixes and hashes itself"),
    text: z.string().optional().describe("The message, which is signed as UTF-8"),
    bytes: z.string().optional().meta({ description: "The message in hex, in the place of text", pattern: bytesPattern }),
    derivation_path: pathText.optional(),
  })
  .meta({
    id: "Transaction",
    description: "A payload that every party reads and hashes itself",
    examples: [{ type: "evm_personal_message", text: "hello" }],
  });

const exampleDigest = `0x${"00".repeat(31)}01`;
/** Which of the fields a request has, and what their texts say, the service checks by the key. */
const signRequest = z
  .strictObject({
    digest: z.string().optional().meta({ description: "What is signed: 32 bytes, hex with or without 0x", pattern: digestPattern }),
    message: z
      .string()
      .optional()
      .meta({
        description: `For Ed25519 the message, up to ${messageBytesMax} bytes in hex. For other keys the digest by another name.`,
        pattern: bytesPattern,
      }),
    transaction: transaction.optional(),
    scheme: schemeName.optional().describe("Of the key that signs: the account's first unless given"),
    key_id: hexBytes(32).optional().describe("Of the key that signs, in the place of scheme"),
    derivation_path: pathText.optional(),
    taproot: z
      .strictObject({ merkle_root: hexBytes(32).optional().describe("Of the output's scripts; absent where it has none") })
      .optional()
      .describe("For a BIP-340 key: its Taproot output signs (BIP-341), and not the key itself"),
  })
  .meta({
    id: "SignRequest",
    description: "Exactly one of digest, message and transaction",
    oneOf: [{ required: ["digest"] }, { required: ["message"] }, { required: ["transaction"] }],
    examples: [{ digest: exampleDigest }, { transaction: { type: "evm_personal_message", text: "hello" } }],
  });
export type SignRequest = Of<typeof signRequest>;

export const signature = z
  .object({
    r: z.string().describe("0x and 64 hex characters"),
    s: z.string().describe("0x and 64 hex characters. For ECDSA it is low, at most half the order."),
    recovery_id: z.int().optional().describe("For ECDSA: 0 or 1"),
    hex: z.string().describe("r || s. For ECDSA v follows it, 27 or 28, so that it has 65 bytes."),
  })
  .meta({
    id: "Signature",
    examples: [
      {
        r: `0x${"1b".repeat(32)}`,
        s: `0x${"2c".repeat(32)}`,
        recovery_id: 0,
        hex: `0x${"1b".repeat(32)}${"2c".repeat(32)}1b`,
      },
    ],
  });
export type Signature = Of<typeof signature>;

export const signedInput = z
  .object({
    index: z.int(),
    key_id: z.string(),
    scheme: schemeName,
    path: z.string(),
    public_key: z.string().describe("What it verifies under: the key, its child by the path, or the Taproot output of that"),
    taproot: z.boolean(),
    address: z
      .string()
      .optional()
      .describe(
        "Of public_key, on mainnet: EVM for ECDSA, Solana for Ed25519, P2TR for a Taproot output. Absent for a BIP-340 key that signs as itself.",
      ),
    digest: z.string().optional().describe("Absent where the message itself is signed"),
    message: z.string(),
    hex: z.string(),
  })
  .meta({ id: "SignedInput", description: "One signature of a session" });
export type SignedInput = Of<typeof signedInput>;

const signatureResult = z
  .object({
    session_id: z.string(),
    keygen_session_id: z.string().describe("Of the key that signed"),
    digest: z.string().optional().describe("What was signed, with 0x; absent where it is the message itself"),
    message: z.string().describe("The digest by its other name, or the message"),
    signature,
    signatures: z.array(signedInput).describe("Every signature of the session"),
  })
  .meta({ id: "SignatureResult" });

const configurationFields = {
  parties: z.array(z.string()).max(20).describe("Party ids in order of preference"),
  required: z.array(z.string()).max(20).describe("Party ids without which nothing is signed"),
};
const configurationExample = { parties: ["server-party-3", "server-party-1"], required: ["server-party-3"] };
const signingConfiguration = z.object(configurationFields).meta({ id: "SigningConfiguration", examples: [configurationExample] });
export type SigningConfiguration = Of<typeof signingConfiguration>;
const setSigningConfigurationRequest = z
  .strictObject({ ...configurationFields, required: configurationFields.required.default([]) })
  .meta({ id: "SetSigningConfigurationRequest", examples: [configurationExample] });

const common = { tag: "signing", params: idOf } as const;
const configurationPath = "/api/v1/accounts/{id}/signing-configuration";

export const signingRoutes = {
  sign: {
    ...common,
    method: "POST",
    path: "/api/v1/accounts/{id}/sign",
    summary: "Sign a digest, a message or a transaction",
    headers: idempotencyHeaders,
    body: signRequest,
    bodyBytesMax,
    answers: {
      200: answer("The signature, verified under the account's key, or the child or output of it that was asked for", signatureResult),
      ...sessionRefusals,
      ...noSuchAccount,
      422: refusal("The message could be a transaction of a chain, which is not signed as a message"),
    },
  },
  getSigningConfiguration: {
    ...common,
    method: "GET",
    path: configurationPath,
    summary: "Who signs, and in what order of preference",
    answers: { 200: answer("Who signs now", signingConfiguration), ...guardedRefusals, ...noSuchAccount, ...whenActive },
  },
  setSigningConfiguration: {
    ...common,
    method: "PUT",
    path: configurationPath,
    summary: "Choose who signs, and in what order of preference",
    body: setSigningConfigurationRequest,
    answers: {
      200: answer("Who signs from now on", signingConfiguration),
      ...guardedRefusals,
      ...bodyRefusals,
      ...noSuchAccount,
      ...whenActive,
    },
  },
} as const satisfies Routes;
