import { expect, it } from "vitest";
import { keyOf, phoneId } from "../test/statements.ts";
import { deviceIdOf, isDeviceId } from "./index.ts";

it("the id of a device is made of its key, and has a form that nothing else has", () => {
  expect([isDeviceId(phoneId), isDeviceId(deviceIdOf(keyOf(41).publicKey))]).toEqual([true, true]);
  for (const wrong of ["", "dev_", "dev_1", phoneId.slice(1), phoneId.slice(0, -1), `${phoneId}a`, phoneId.toUpperCase(), `${phoneId}\n`])
    expect(isDeviceId(wrong), wrong).toBe(false);
});
