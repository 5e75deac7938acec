// What the holders of a key answer to an export, by their own signed word.
import { z } from "zod";
import { answer, bodyRefusals, guardedRefusals, refusal } from "../answers.ts";
import type { Of, Routes } from "../route.ts";

const askExportsRequest = z
  .strictObject({ intent: z.string().min(1).max(4096).describe("Base64: the signed intent of the export") })
  .meta({ id: "AskExportsRequest" });

export const releases = z
  .object({
    releases: z.array(z.string()).describe("Base64: what each holder that answered has signed, a Release"),
    asked: z.array(z.string()).describe("The ids of the holders that were asked"),
    absent: z.array(z.string()).describe("Those of them that are not connected"),
  })
  .meta({ id: "Releases", examples: [{ releases: [], asked: ["server-party-1"], absent: ["server-party-1"] }] });
export type Releases = Of<typeof releases>;

export const exportRoutes = {
  askExports: {
    method: "POST",
    path: "/api/v1/exports",
    tag: "parties",
    summary: "Ask the holders of a key to seal their shares to the recipient of an intent, for up to five seconds",
    body: askExportsRequest,
    answers: {
      200: answer("What they answered. It is to be verified. The same intent again asks those that did not answer.", releases),
      ...guardedRefusals,
      ...bodyRefusals,
      403: refusal("The initiator may not ask for it, or the caller's address is not in the allow list"),
      409: refusal("The key is unknown here, or the intent has expired"),
    },
  },
} as const satisfies Routes;
