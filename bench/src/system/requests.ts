// What the callers ask for over HTTP.
import { randomBytes, randomUUID } from "node:crypto";

/** The kinds of work that the system is measured in, with what they are called in a table. */
export const works = {
  ecdsa: "ECDSA, personal message",
  ed25519: "Ed25519",
  keygen: "keygen 2-of-3",
  pool: "ECDSA from the pool",
  batch: "batch of 64 ECDSA digests",
} as const;
export type Work = keyof typeof works;

/** The kinds that no route offers yet. Their figures are null. */
export const notThere: readonly Work[] = ["pool", "batch"];

/** The account that signs. It has a key of each scheme. */
export interface Signer {
  readonly id: string;
  /** The EVM address of its ECDSA key. */
  readonly address: string;
  /** Its Ed25519 key, 32 bytes as hex with 0x. */
  readonly ed25519Key: string;
}

export interface Target {
  /** The account services, which are asked in turn. */
  readonly accountUrls: readonly string[];
  readonly apiKey: string;
}

export interface Signed {
  readonly work: "ecdsa" | "ed25519";
  /** The text that was signed, or the message as hex with 0x. */
  readonly message: string;
  /** The signature as hex with 0x. */
  readonly signature: string;
}

/** Asks for one signature or key. Throws with the answer when it is not what was asked for. */
export async function ask(work: Work, target: Target, service: number, signer: Signer): Promise<Signed | undefined> {
  const sign = (body: object) => post(target, service, `/accounts/${signer.id}/sign`, body) as Promise<{ signature: { hex: string } }>;
  switch (work) {
    case "ecdsa": {
      const message = `Covault bench:system ${randomBytes(16).toString("hex")}`;
      const { signature } = await sign({ transaction: { type: "evm_personal_message", text: message } });
      return { work, message, signature: signature.hex };
    }
    case "ed25519": {
      const message = `0x${randomBytes(32).toString("hex")}`;
      const { signature } = await sign({ scheme: "eddsa-ed25519", message });
      return { work, message, signature: signature.hex };
    }
    case "keygen":
      await post(target, service, "/accounts", { user_id: "bench" });
      return undefined;
    default:
      throw new Error(`No route offers ${works[work]} yet.`);
  }
}

/** Makes the account that signs. */
export async function makeSigner(target: Target): Promise<Signer> {
  const schemes = ["ecdsa-secp256k1", "eddsa-ed25519"];
  const { id, addresses, keys } = (await post(target, 0, "/accounts", { user_id: "bench", schemes })) as {
    readonly id: string;
    readonly addresses: { readonly evm: string };
    readonly keys: readonly { readonly scheme: string; readonly public_key: string }[];
  };
  const ed25519Key = keys.find(({ scheme }) => scheme === "eddsa-ed25519")?.public_key;
  if (ed25519Key === undefined) throw new Error(`The account ${id} has no Ed25519 key.`);
  return { id, address: addresses.evm, ed25519Key };
}

async function post({ accountUrls, apiKey }: Target, service: number, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${accountUrls[service % accountUrls.length]}/api/v1${path}`, {
    method: "POST",
    headers: { "x-api-key": apiKey, "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path} was answered with ${response.status}: ${text}`);
  return JSON.parse(text);
}
