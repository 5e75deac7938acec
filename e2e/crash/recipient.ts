// Whom the parties of the crash cluster seal to: a key pair of each run.
import { createECDH, createHash } from "node:crypto";

const pair = createECDH("secp256k1");
pair.generateKeys();
const publicKey = new Uint8Array(pair.getPublicKey(null, "compressed"));

export const recipient = {
  publicKey,
  secretKey: new Uint8Array(Buffer.from(pair.getPrivateKey("hex").padStart(64, "0"), "hex")),
  /** Hex. */
  fingerprint: createHash("sha256").update(publicKey).digest("hex"),
  /** The settings of the cluster's processes. */
  env: {
    ALLOW_EXPORT: "true",
    ALLOW_IMPORT: "true",
    IMPORT_ALLOWED: "true",
    EXPORT_RECIPIENTS: Buffer.from(publicKey).toString("hex"),
    BACKUP_RECIPIENTS: Buffer.from(publicKey).toString("hex"),
  },
};
