// The header Idempotency-Key. A route that has these headers takes it.
import { z } from "zod";

export const idempotencyHeaders = z.object({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, "expected 1 to 255 printable characters without spaces")
    .optional()
    .describe("The same key again answers with the first result; with another body it answers 409."),
});
