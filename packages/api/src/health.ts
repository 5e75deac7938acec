// The health routes of every service. They are open to everybody, so they tell names of parts and
// no details.
import { z } from "zod";
import { answer } from "./answers.ts";
import type { Of, Routes } from "./route.ts";

const health = z
  .object({
    status: z.enum(["ok", "unavailable"]),
    service: z.string(),
    version: z.string(),
    checks: z.record(z.string(), z.enum(["ok", "failed"])).describe("Each part by its name"),
    roster: z
      .object({
        serial: z.string(),
        refused: z.string().optional().describe("The code of the error that keeps the newest roster in place from being used"),
      })
      .optional()
      .describe("The roster in use"),
  })
  .meta({ id: "Health", examples: [{ status: "ok", service: "account", version: "0.2.0", checks: { database: "ok" } }] });
export type Health = Of<typeof health>;

const common = { method: "GET", tag: "health", isOpen: true } as const;
const answers = { 200: answer("All do", health), 503: answer("Not ready: a part failed, or it stops", health) };

export const healthRoutes = {
  getLiveness: { ...common, path: "/health/live", summary: "The process answers", answers: { 200: answer("It does", health) } },
  getHealth: { ...common, path: "/health", summary: "Its parts answer", answers },
  getReadiness: { ...common, path: "/health/ready", summary: "Its parts answer", answers },
} as const satisfies Routes;
