// The entry for Node: node:crypto. Browsers get noble/index.ts, which has the same names and gives
// the same answers.
export * from "../portable.ts";
export { aeadOpen, aeadSeal } from "./aead.ts";
export { ed25519Signer, verifyEd25519 } from "./ed25519.ts";
export { hkdfSha256 } from "./hkdf.ts";
export { sha256 } from "./sha256.ts";
export { base64, fromBase64, fromHex, hex } from "./text.ts";
export { x25519, x25519PublicKey } from "./x25519.ts";
