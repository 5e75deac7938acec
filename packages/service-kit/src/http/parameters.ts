// Parameters of queries and headers, where everything is text.
import { z } from "zod";
import { readInteger } from "../run/settings/integer.ts";

/** A whole number from `min` to `max`. In openapi.json it is an integer. */
export const integerParameter = (min: number, max: number) =>
  z.preprocess(
    (text) => (typeof text === "string" ? readInteger(text, min, max) : undefined),
    z.int(`expected a whole number ${min}..${max}`).min(min).max(max),
  );
