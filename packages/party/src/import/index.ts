// The public entry "import": what the owner of a private key does with it before it leaves.
export { type PrivateKey, type SealedKeyTerms, sealKey } from "./sealed-key.ts";
