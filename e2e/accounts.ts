// What tests of whole systems do with an account.
import { randomBytes } from "node:crypto";
import { recoverAddress } from "viem";
import { expect } from "vitest";
import type { System } from "./system.ts";

export const accounts = "/api/v1/accounts";

/** Has the account sign a message of its own, which must be its signature. */
export async function signs(system: System, account: { id: string; addresses: { evm: string } }): Promise<void> {
  const hash = `0x${randomBytes(32).toString("hex")}` as const;
  const signed = await system.call("POST", `${accounts}/${account.id}/sign`, { message: hash });
  expect(signed.status, JSON.stringify(signed.body)).toBe(200);
  expect(await recoverAddress({ hash, signature: signed.body.signature.hex })).toBe(account.addresses.evm);
}
