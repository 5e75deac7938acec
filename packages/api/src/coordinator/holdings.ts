// What the holders of a key hold, by their own signed word.
import { z } from "zod";
import { answer, bodyRefusals, guardedRefusals, refusal } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { hexBytes, plainText } from "../shapes.ts";

const askHoldingsRequest = z
  .strictObject({
    key_id: hexBytes(32),
    epoch: hexBytes(32).describe("The highest epoch that the caller knows"),
    nonce: hexBytes(32).describe("32 fresh random bytes: the answers are to this question alone"),
    parties: z.array(plainText(128)).max(20).default([]).describe("Further parties of the roster, beside the key's holders"),
  })
  .meta({ id: "AskHoldingsRequest" });

const statement = z.string().describe("Base64");
export const holdings = z
  .object({
    holdings: z.array(statement).describe("What each party that answered has signed: a Holding"),
    asked: z.array(z.string()).describe("The ids of the parties that were asked"),
    absent: z.array(z.string()).describe("Those of them that are not connected"),
    certificates: z.array(statement).describe("What leads on from the caller's epoch, ascending"),
  })
  .meta({ id: "Holdings", examples: [{ holdings: [], asked: ["server-party-1"], absent: ["server-party-1"], certificates: [] }] });
export type Holdings = Of<typeof holdings>;

export const holdingRoutes = {
  askHoldings: {
    method: "POST",
    path: "/api/v1/holdings",
    tag: "parties",
    summary: "Ask the holders of a key what they hold, for up to three seconds",
    body: askHoldingsRequest,
    answers: {
      200: answer("What they said. It is to be verified.", holdings),
      ...guardedRefusals,
      ...bodyRefusals,
      409: refusal("The key is unknown here"),
    },
  },
} as const satisfies Routes;
