// Makes an account and signs a digest with it, against a system that runs (npm start). COVAULT_URL and MPC_API_KEY say where and with which key.
import { CovaultClient } from "@covault/sdk";

const covault = new CovaultClient({ baseUrl: process.env.COVAULT_URL ?? "http://localhost:4000", apiKey: process.env.MPC_API_KEY ?? "" });
const account = await covault.createAccount({ user_id: "user123" });
const { signature } = await covault.sign(account.id, { message: "0x0000000000000000000000000000000000000000000000000000000000000001" });
console.log(account.addresses.evm, signature.hex);
