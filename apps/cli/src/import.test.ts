// What `covault import` does before a private key leaves the machine: it seals it to a key that the
// party of a signed roster has signed, and to no other.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identityKeyFromSeed, signStatement } from "../../../packages/channel/src/index.ts";
import { ImportRecipientSchema, RosterSchema, SignedSchema, signatureTags } from "../../../packages/wire/src/index.ts";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-import-"));
const at = (name: string): string => join(folder, name);
const identityOf = (fill: number) => identityKeyFromSeed(new Uint8Array(32).fill(fill));
const [root, party, stranger] = [identityOf(1), identityOf(2), identityOf(3)];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const parties = [{ partyId: "p1", idpk: party.publicKey, role: "persistent", validFromMs: 0n, validUntilMs: 0n }];
const body = toBinary(RosterSchema, create(RosterSchema, { version: 1, serial: 1n, parties }));
const roster = toBinary(SignedSchema, signStatement(root, signatureTags.roster, "root", body));

/** The generator's private key, which has a public key that everybody knows. */
const secret = `${"0".repeat(63)}1`;
const publicKey = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const x25519 = new Uint8Array(32).fill(9);
const account = {
  ...{ id: "acc_9", status: "active", public_key: `0x${publicKey}`, threshold_t: 2, threshold_n: 3 },
};

/** Who signs the key that the service gives, and when that key is over. */
let signer = party;
let expiresAtMs = BigInt(Date.now() + 600_000);
const asked: string[] = [];
let server: Server;
let url = "";
beforeAll(async () => {
  writeFileSync(at("roster"), Buffer.from(roster).toString("base64"));
  writeFileSync(at("private"), `0x${secret}\n`);
  server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    asked.push(`${request.method} ${request.url} ${text}`);
    const given = create(ImportRecipientSchema, { nonce: new Uint8Array(32), partyId: "p1", x25519, expiresAtMs });
    const signed = signStatement(signer, signatureTags.importRecipient, "p1", toBinary(ImportRecipientSchema, given));
    const offer = {
      ...{ party_id: "p1", recipient: `0x${hex(x25519)}`, expires_at: new Date(Number(expiresAtMs)).toISOString() },
      statement: Buffer.from(toBinary(SignedSchema, signed)).toString("base64"),
    };
    const answer = request.method === "GET" ? offer : account;
    response.writeHead(request.method === "GET" ? 200 : 201, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function covault(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const env = { MPC_API_KEY: "key-of-the-tests", COVAULT_URL: url };
  const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), env };
  const code = await run(["import", ...args], terminal);
  return { code, out: out.join(""), err: err.join("") };
}
const trusted = ["--user", "u", "--party", "p1", "--roster", at("roster"), "--root-key", hex(root.publicKey)];

describe("covault import", () => {
  it("seals the key, asks for the account, and never sends or shows the key itself", async () => {
    const { code, out, err } = await covault(at("private"), ...trusted, "--name", "old wallet", "--chain-code", "cc".repeat(32));
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("acc_9");
    const sent = asked.at(-1) as string;
    expect(sent.startsWith("POST /api/v1/accounts/import ")).toBe(true);
    const { sealed_key, ...rest } = JSON.parse(sent.slice(sent.indexOf("{")));
    expect(sealed_key).toMatch(/^[0-9a-f]{164}$/);
    expect(rest).toEqual({
      ...{ user_id: "u", scheme: "ecdsa-secp256k1", party_id: "p1", name: "old wallet", chain_code: "cc".repeat(32) },
      ...{ threshold_t: 2, threshold_n: 3, public_key: publicKey, recipient: hex(x25519) },
    });
    expect([...asked, out].join().includes(secret)).toBe(false);
  });

  it("seals nothing to a key that the party of the roster has not signed, or whose time is over", async () => {
    const before = asked.length;
    signer = stranger;
    expect(await covault(at("private"), ...trusted)).toMatchObject({
      code: expect.any(Number),
      err: expect.stringContaining("trust/bad-import-recipient"),
    });
    [signer, expiresAtMs] = [party, 1n];
    expect((await covault(at("private"), ...trusted)).err).toContain("trust/bad-import-recipient");
    expiresAtMs = BigInt(Date.now() + 600_000);
    expect((await covault(at("private"), ...trusted, "--root-key", hex(stranger.publicKey))).err).toContain("trust/bad-roster");
    expect(asked.slice(before).filter((one) => one.startsWith("POST"))).toEqual([]);
  });

  it("seals nothing to another party than the one that its user names, whoever has signed", async () => {
    const before = asked.length;
    const { code, err, out } = await covault(at("private"), ...trusted, "--party", "p2");
    expect([code, out, err.includes("party/import-refused"), err.includes("p2 was asked for")]).toEqual([2, "", true, true]);
    expect(asked.slice(before).filter((one) => one.startsWith("POST"))).toEqual([]);
    expect((await covault(at("private"), ...trusted, "--threshold", "3", "--parties", "5")).code).toBe(0);
    expect(asked.at(-1)).toContain('"threshold_t":3,"threshold_n":5');
  });

  it("asks nobody while its user names no party", async () => {
    const before = asked.length;
    const unnamed = trusted.filter((_, place) => place !== 2 && place !== 3);
    const { code, err, out } = await covault(at("private"), ...unnamed);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("Required option '--party <id>' not specified");
    expect(asked.slice(before)).toEqual([]);
  });

  it("says what is wrong with a private key without showing any of it", async () => {
    writeFileSync(at("short"), "abcd12");
    const { code, err } = await covault(at("short"), ...trusted);
    expect([code, err.includes("cli/unreadable-file"), err.includes("abcd12")]).toEqual([2, true, false]);
    writeFileSync(at("zero"), "0".repeat(64));
    expect((await covault(at("zero"), ...trusted)).code).not.toBe(0);
    expect((await covault(at("private"), ...trusted, "--form", "pem")).code).toBe(2);
  });
});
