import { execFileSync } from "node:child_process";
import { ECDH, generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CovaultApiError } from "@covault/sdk";
import { expect, it } from "vitest";
import { explain } from "./explain.ts";
import { doItAgain, keyFileInShell, verifiedByOpenssl } from "./first-light.ts";

it("the API key is shown as the file that has it, whatever the folder is called, and never itself", () => {
  expect(keyFileInShell(join(process.cwd(), "data"))).toBe("$(cat data/secrets/mpc_api_key)");
  const folder = mkdtempSync(join(tmpdir(), "covault it's "));
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets", "mpc_api_key"), "the-key\n");
  const lines: string[] = [];
  const call = { accountUrl: "http://127.0.0.1:4000", keyInShell: keyFileInShell(folder), accountId: "acc_1", digest: "0xab" };
  doItAgain(call, (line) => lines.push(line));
  expect(lines.join("\n")).not.toContain("the-key");
  // In the script, curl is an echo. It shows what a shell makes of the lines.
  const script = `curl() { printf '%s|' "$@"; echo; }\n${lines.filter((line) => line.startsWith("  ")).join("\n")}`;
  const said = execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim().split("\n");
  const headers = "-H|X-API-Key: the-key|-H|content-type: application/json|-d|";
  expect(said).toEqual([
    `-X|POST|http://127.0.0.1:4000/api/v1/accounts|${headers}{"user_id":"user123"}|`,
    `-X|POST|http://127.0.0.1:4000/api/v1/accounts/acc_1/sign|${headers}{"digest":"0xab"}|`,
  ]);
  rmSync(folder, { recursive: true });
});

it("OpenSSL takes a signature by the compressed key, and none by another key or of another message", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  const compressed = `0x${ECDH.convertKey(point, "secp256k1", undefined, "hex", "compressed")}`;
  const signature = sign("sha256", Buffer.from("hello"), { key: privateKey, dsaEncoding: "ieee-p1363" });
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map((half) => `0x${half.toString("hex")}`) as [string, string];
  const other = `0x${compressed.slice(2, 4) === "02" ? "03" : "02"}${compressed.slice(4)}`;
  expect(verifiedByOpenssl(compressed, "hello", r, s)).toBe(true);
  expect(verifiedByOpenssl(other, "hello", r, s)).toBe(false);
  expect(verifiedByOpenssl(compressed, "hullo", r, s)).toBe(false);
});

it("an answer of the account service is told with what to do and its code", () => {
  const told = explain(new CovaultApiError(503, "account/parties-missing", "Too few parties.", "Start the missing ones."));
  for (const text of ["Too few parties.", "Start the missing ones.", "Code: account/parties-missing"]) expect(told).toContain(text);
});
