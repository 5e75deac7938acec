import { describe, expect, it } from "vitest";
import { z } from "zod";
import { hexVariable, integerVariable, listVariable, portVariable, readConfig } from "./config.ts";

const schema = z.object({
  PORT: portVariable(4000),
  WORKERS: integerVariable(1, 4, 2),
  ALLOWED_IPS: listVariable(),
  CRYPTO_MASTER_KEY: hexVariable(32),
});
const masterKey = "ab".repeat(32);

describe("configuration", () => {
  it("takes defaults for what is not set, and an empty value counts as not set", () => {
    const config = readConfig(schema, { CRYPTO_MASTER_KEY: masterKey, PORT: "" });
    expect(config).toEqual({ PORT: 4000, WORKERS: 2, ALLOWED_IPS: [], CRYPTO_MASTER_KEY: new Uint8Array(32).fill(0xab) });
  });

  it("names every wrong variable, what was expected, and the value where it is no secret", () => {
    const wrong = { CRYPTO_MASTER_KEY: `${masterKey}00`, PORT: "70000", WORKERS: "9" };
    expect(() => readConfig(schema, wrong)).toThrow(
      /PORT: expected a port 0\.\.65535, got "70000"\n {2}WORKERS: expected a whole number 1\.\.4, got "9"\n {2}CRYPTO_MASTER_KEY: expected 64 hexadecimal/,
    );
    expect(() => readConfig(schema, wrong)).not.toThrow(masterKey);
  });

  it("says which required variable is not set", () => {
    expect(() => readConfig(schema, {})).toThrow("CRYPTO_MASTER_KEY is not set: expected 64 hexadecimal characters");
  });

  it("refuses a value with a character that nobody sees, by name, and never a variable that is none of its own", () => {
    const visible = z.object({ PASSWORD: z.string().optional(), PORT: portVariable(4000) });
    for (const hidden of ["hunter2\n", "\ufeffhunter2", "hunt\u200ber2", "hunter2\r", "hun\u0000ter2"]) {
      expect(() => readConfig(visible, { PASSWORD: hidden })).toThrow("PASSWORD has an invisible character");
      expect(() => readConfig(visible, { PASSWORD: hidden })).not.toThrow("hunt");
    }
    expect(() => readConfig(visible, { PORT: "\ufeff80", PASSWORD: "x" })).toThrow("PORT has an invisible character");
    expect(readConfig(visible, { PASSWORD: "zoë 🔑 x", OTHERS: "a\nb" })).toEqual({ PASSWORD: "zoë 🔑 x", PORT: 4000 });
  });

  it("splits a list at commas and trims it", () => {
    const config = readConfig(z.object({ A: listVariable() }), { A: " 10.0.0.0/8, ,::1 " });
    expect(config.A).toEqual(["10.0.0.0/8", "::1"]);
  });
});
