// Makes an account and signs a digest with it, against a system that runs (npm start). COVAULT_URL
// and MPC_API_KEY say where it is and with which key it is called. Without them it is localhost,
// with the key that `npm start` in this folder made. Otherwise the client says what to set.
import { existsSync, readFileSync } from "node:fs";
import { CovaultClient } from "@covault/sdk";

const keyFile = `${process.env.DATA_DIR || "./data"}/secrets/mpc_api_key`;
const apiKey = process.env.MPC_API_KEY || (existsSync(keyFile) ? readFileSync(keyFile, "utf8").trim() : undefined);
const covault = new CovaultClient({ baseUrl: process.env.COVAULT_URL || "http://localhost:4000", apiKey });

const account = await covault.createAccount({ user_id: "user123" });
const { signature } = await covault.sign(account.id, { digest: "0x0000000000000000000000000000000000000000000000000000000000000001" });
console.log(account.addresses.evm, signature.hex);
