// The file of a recipient's key pair. With a passphrase the secret key is sealed by AES-256-GCM
// under a key that scrypt (RFC 7914) makes of it. The public key stands beside it in any case, and
// goes into BACKUP_RECIPIENTS of parties.
import { createCipheriv, createDecipheriv, createECDH, createHash, randomBytes, scryptSync } from "node:crypto";
import { CovaultError } from "@covault/errors";
import type { RecipientKey } from "@covault/party/backup";

const format = "covault-recipient-key";

/** The costs of scrypt: 128 MiB, and some tenths of a second. */
const costs = { n: 2 ** 17, r: 8, p: 1 };
/** A file that asks for more is refused before anything is computed. */
const costsMax = { n: 2 ** 20, r: 16, p: 4 };

export interface NewRecipientKey {
  /** Compressed, in hex. */
  readonly publicKey: string;
  /** The SHA-256 of the public key, in hex. */
  readonly fingerprint: string;
  /** The text of the file. */
  readonly text: string;
}

/** Makes a key pair. Without a passphrase whoever has the file opens what is sealed to it. */
export function newRecipientKey(passphrase: string | undefined): NewRecipientKey {
  const pair = createECDH("secp256k1");
  pair.generateKeys();
  const publicKey = pair.getPublicKey("hex", "compressed");
  const fingerprint = createHash("sha256").update(Buffer.from(publicKey, "hex")).digest("hex");
  const secret = Buffer.from(pair.getPrivateKey("hex").padStart(64, "0"), "hex");
  const head = { format, version: 1, public_key: publicKey, fingerprint };
  const body = passphrase === undefined ? { secret_key: secret.toString("hex") } : { sealed: sealed(secret, publicKey, passphrase) };
  secret.fill(0);
  return { publicKey, fingerprint, text: `${JSON.stringify({ ...head, ...body }, null, 2)}\n` };
}

interface Sealed {
  readonly kdf: "scrypt";
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
  readonly nonce: string;
  readonly box: string;
}

function sealed(secret: Buffer, publicKey: string, passphrase: string): Sealed {
  const [salt, nonce] = [randomBytes(32), randomBytes(12)];
  const head = { kdf: "scrypt" as const, ...costs, salt: salt.toString("hex"), nonce: nonce.toString("hex") };
  const key = keyOf(passphrase, salt, costs);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(publicKey, "hex"));
  const box = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  key.fill(0);
  return { ...head, box: box.toString("hex") };
}

function keyOf(passphrase: string, salt: Buffer, { n, r, p }: typeof costs): Buffer {
  return scryptSync(Buffer.from(passphrase.normalize("NFKC")), salt, 32, { N: n, r, p, maxmem: 256 * n * r });
}

/**
 * Reads a key pair. `passphrase` is undefined when none was given. Throws
 * `backup/bad-recipient-key`.
 */
export function readRecipientKey(name: string, text: string, passphrase: string | undefined): RecipientKey {
  const bad = (why: string): CovaultError => new CovaultError("backup/bad-recipient-key", `${name}: ${why}.`);
  const found = jsonOf(text);
  if (found?.format !== format) throw bad("this is no key of a recipient");
  if (found.version !== 1) throw bad(`it has version ${String(found.version)}, and this program reads version 1`);
  const publicKey = hexOf(found.public_key, 33);
  if (publicKey === undefined) throw bad("its public key is damaged");
  const secretKey = hexOf(found.secret_key, 32) ?? opened(found.sealed, publicKey, passphrase, bad);
  const pair = createECDH("secp256k1");
  try {
    pair.setPrivateKey(secretKey);
  } catch {
    throw bad("its secret key is damaged");
  }
  if (!pair.getPublicKey(null, "compressed").equals(publicKey)) throw bad("its secret key is not that of its public key");
  return { publicKey: new Uint8Array(publicKey), secretKey: new Uint8Array(secretKey) };
}

function opened(value: unknown, publicKey: Buffer, passphrase: string | undefined, bad: (why: string) => CovaultError): Buffer {
  const { kdf, n = 0, r = 0, p = 0, ...fields } = (Object(value) as Partial<Sealed>) ?? {};
  const [salt, nonce, box] = [hexOf(fields.salt, 32), hexOf(fields.nonce, 12), hexOf(fields.box, 48)];
  const isWithin = [n, r, p].every((cost) => Number.isInteger(cost) && cost >= 1) && n <= costsMax.n && r <= costsMax.r && p <= costsMax.p;
  if (kdf !== "scrypt" || !isWithin || n < 2 || (n & (n - 1)) !== 0 || salt === undefined || nonce === undefined || box === undefined)
    throw bad("its secret key is damaged");
  if (passphrase === undefined) throw bad("it is sealed under a passphrase, and none was given (--passphrase-file)");
  let key: Buffer;
  try {
    key = keyOf(passphrase, salt, { n, r, p });
  } catch {
    // Scrypt takes not every r with every n.
    throw bad("its secret key is damaged");
  }
  const decipher = createDecipheriv("aes-256-gcm", key, nonce);
  decipher.setAAD(publicKey);
  decipher.setAuthTag(box.subarray(32));
  try {
    return Buffer.concat([decipher.update(box.subarray(0, 32)), decipher.final()]);
  } catch {
    throw bad("the passphrase is another one, or the file is damaged");
  } finally {
    key.fill(0);
  }
}

function jsonOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function hexOf(value: unknown, length: number): Buffer | undefined {
  if (typeof value !== "string" || value.length !== 2 * length || !/^[0-9a-f]*$/.test(value)) return undefined;
  return Buffer.from(value, "hex");
}
