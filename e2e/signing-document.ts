// This file does what docs/signing.md says, as a reader would type it. Its lines run in a shell
// against a system, and other libraries verify what comes back.
import { spawn, spawnSync } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { schnorr } from "@noble/curves/secp256k1.js";
import { recoverAddress, recoverMessageAddress } from "viem";
import { expect } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../docs/signing.md"), "utf8");
const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join("");
const digest = `0x${/^DIGEST=([0-9a-f]{64})$/m.exec(lines)?.[1]}` as const;
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), "hex"));
const spki = Buffer.from("302a300506032b6570032100", "hex");

/** Gives what the lines print, each a line of JSON. */
async function typed(env: Record<string, string>) {
  const shell = spawn("bash", ["--norc", "-eu", "-o", "pipefail", "-c", lines], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  shell.stdout.on("data", (chunk) => (out += chunk));
  shell.stderr.on("data", (chunk) => (err += chunk));
  const code = await new Promise((resolve) => shell.once("close", resolve));
  expect([code, err], out).toEqual([0, ""]);
  return out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const isThere = spawnSync("curl", ["--version"]).status === 0;
/** The title of the document's test. */
export const signingDocument = `does what every line of docs/signing.md says${isThere ? "" : " (NOT RUN: there is no curl here)"}`;
if (!isThere && process.env.CI !== undefined) throw new Error("The lines of docs/signing.md need curl, which is not there.");
export const withoutCurl = !isThere;

/** Runs every line of the page against the system at `url`. */
export async function runSigningDocument(url: string, apiKey: string): Promise<void> {
  const answers = await typed({ COVAULT_URL: url, MPC_API_KEY: apiKey });
  const [account, key, { keys }, one, range, ecdsa, eddsa, raw, output, personal, configuration] = answers;
  expect(answers.length, JSON.stringify(answers)).toBe(11);
  expect(account).toMatchObject({ status: "active", keys: [{}, {}] });
  expect(keys).toHaveLength(3);
  expect(keys).toContainEqual(key);
  expect(Object.keys(one.addresses[0]).sort()).toEqual(["bitcoin_p2tr", "bitcoin_p2wpkh", "evm", "path", "solana", "tron"]);
  expect(range.addresses[5].evm).toBe(one.addresses[0].evm);
  const { evm } = one.addresses[0];
  expect(await recoverAddress({ hash: digest, signature: ecdsa.signature.hex })).toBe(evm);
  expect(await recoverMessageAddress({ message: "hello", signature: personal.signature.hex })).toBe(evm);
  const [signed] = eddsa.signatures;
  const openSsl = createPublicKey({ key: Buffer.concat([spki, bytes(signed.public_key)]), format: "der", type: "spki" });
  expect(verify(null, Buffer.from("hello"), openSsl, bytes(signed.hex))).toBe(true);
  for (const { signatures } of [raw, output])
    expect(schnorr.verify(bytes(signatures[0].hex), bytes(digest), bytes(signatures[0].public_key))).toBe(true);
  expect([raw.signatures[0].taproot, output.signatures[0].taproot]).toEqual([false, true]);
  expect(configuration).toEqual({ parties: account.parties.map(({ party_id }: { party_id: string }) => party_id), required: [] });
}
