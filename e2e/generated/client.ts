// This file is a caller that has nothing of ours but /openapi.json. openapi-typescript makes api.ts
// of it, and openapi-fetch calls by those types. The test puts this file beside api.ts, compiles
// both with the repository's compiler, and runs what comes out.
import { createPublicKey, verify } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.ts";

const { COVAULT_URL = "", MPC_API_KEY = "" } = process.env;
const covault = createClient<paths>({ baseUrl: COVAULT_URL, headers: { "X-API-Key": MPC_API_KEY } });

const isActive = ({ status, scheme }: components["schemas"]["Account"]): boolean => status === "active" && scheme === "ecdsa-secp256k1";

async function anAccount(): Promise<components["schemas"]["Account"]> {
  const { data: page } = await covault.GET("/api/v1/accounts", { params: { query: { limit: 100 } } });
  const found = page?.accounts.find(isActive);
  if (found !== undefined) return found;
  const { data: made, error } = await covault.POST("/api/v1/accounts", { body: { user_id: "generated" } });
  if (made === undefined) throw new Error(`${error.code}: ${error.message} ${error.hint}`);
  return made;
}

const account = await anAccount();
const message = Buffer.from("signed by a generated client");
const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", message));
const { data: signed, error } = await covault.POST("/api/v1/accounts/{id}/sign", {
  params: { path: { id: account.id }, header: { "Idempotency-Key": "generated-1" } },
  body: { digest: `0x${Buffer.from(digest).toString("hex")}` },
});
if (signed === undefined) throw new Error(`${error.code}: ${error.message} ${error.hint}`);

const spki = Buffer.concat([
  Buffer.from("3036301006072a8648ce3d020106052b8104000a032200", "hex"),
  Buffer.from(account.public_key?.slice(2) ?? "", "hex"),
]);
const key = { key: createPublicKey({ key: spki, format: "der", type: "spki" }), dsaEncoding: "ieee-p1363" } as const;
const verified = verify("sha256", message, key, Buffer.from(signed.signature.hex.slice(2, 130), "hex"));

const { error: refusal } = await covault.GET("/api/v1/accounts/{id}", { params: { path: { id: "acc_00000000000000000000000000" } } });

// What the document does not allow does not compile.
// @ts-expect-error: user_id is a text
const wrongField: components["schemas"]["CreateAccountRequest"] = { user_id: 7 };
// @ts-expect-error: there is no such scheme
const wrongScheme: components["schemas"]["AddKeyRequest"] = { scheme: "rot13" };
// @ts-expect-error: there is no such route
const wrongRoute: keyof paths = "/api/v1/nothing";

console.log(JSON.stringify({ verified, refused: refusal?.code, wrong: [wrongField, wrongScheme, wrongRoute].length }));
