// What the holders of a key have sealed of it for backups, by their own signed word.
import { z } from "zod";
import { answer, bodyRefusals, guardedRefusals, refusal } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { hexBytes } from "../shapes.ts";

const askBackupsRequest = z
  .strictObject({
    key_id: hexBytes(32),
    epoch: hexBytes(32).describe("The highest epoch that the caller knows"),
    nonce: hexBytes(32).describe("32 fresh random bytes: the answers are to this question alone"),
  })
  .meta({ id: "AskBackupsRequest" });

const statement = z.string().describe("Base64");
export const backups = z
  .object({
    backups: z.array(statement).describe("What each party that answered has signed: a Backup"),
    asked: z.array(z.string()).describe("The ids of the parties that were asked"),
    absent: z.array(z.string()).describe("Those of them that are not connected"),
    certificates: z.array(statement).describe("What leads on from the caller's epoch, ascending"),
  })
  .meta({ id: "Backups", examples: [{ backups: [], asked: ["server-party-1"], absent: ["server-party-1"], certificates: [] }] });
export type Backups = Of<typeof backups>;

export const backupRoutes = {
  askBackups: {
    method: "POST",
    path: "/api/v1/backups",
    tag: "parties",
    summary: "Ask the holders of a key to seal their shares to the recipients of their own settings, for up to ten seconds",
    body: askBackupsRequest,
    answers: {
      200: answer("What they said. It is to be verified.", backups),
      ...guardedRefusals,
      ...bodyRefusals,
      409: refusal("The key is unknown here"),
    },
  },
} as const satisfies Routes;
