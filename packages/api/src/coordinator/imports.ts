// Keys that imports can be sealed to, by the parties' own signed word.
import { z } from "zod";
import { answer, bodyRefusals, guardedRefusals } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { hexBytes, plainText } from "../shapes.ts";

const askImportRecipientsRequest = z
  .strictObject({
    nonce: hexBytes(32).describe("32 fresh random bytes: the answers are to this question alone"),
    parties: z.array(plainText(128)).min(1).max(20).describe("Which parties are asked"),
  })
  .meta({ id: "AskImportRecipientsRequest" });

export const importRecipients = z
  .object({
    recipients: z.array(z.string()).describe("Base64: what each party that answered has signed, an ImportRecipient"),
    asked: z.array(z.string()).describe("The ids of the parties that were asked"),
    absent: z.array(z.string()).describe("Those of them that are not connected"),
  })
  .meta({ id: "ImportRecipients", examples: [{ recipients: [], asked: ["server-party-1"], absent: ["server-party-1"] }] });
export type ImportRecipients = Of<typeof importRecipients>;

export const importRoutes = {
  askImportRecipients: {
    method: "POST",
    path: "/api/v1/import-recipients",
    tag: "parties",
    summary: "Ask parties for a key that an import can be sealed to, for up to three seconds",
    body: askImportRecipientsRequest,
    answers: { 200: answer("What they answered. It is to be verified.", importRecipients), ...guardedRefusals, ...bodyRefusals },
  },
} as const satisfies Routes;
