// An import founds a key that one of its members deals (dkls23-spec 7, 8). Its charter is that of a
// key generation. What is sealed in it, the importer alone can open.
import type { ImportAction } from "@covault/wire";
import type { FieldChecks } from "../fields.ts";
import type { SchemeName } from "../schemes/index.ts";
import { checkKeygen } from "./keygen.ts";

/** The form, an ephemeral key, 33 sealed bytes and their tag. */
export const sealedKeyBytes: number = 1 + 32 + 33 + 16;

export function checkImport(asked: ImportAction, initiatorId: string, check: FieldChecks): void {
  const keygen = asked.keygen ?? check.fail("it has no keygen");
  checkKeygen(keygen, initiatorId, check);
  check.publicKey(keygen.scheme as SchemeName, asked.publicKey, "public_key");
  check.bytes(asked.chain, 32, "chain");
  check.that(
    keygen.members.some(({ shareIndex }) => shareIndex === asked.importer),
    "importer is the index of no member",
  );
  check.bytes(asked.recipient, 32, "recipient");
  check.bytes(asked.sealedKey, sealedKeyBytes, "sealed_key");
}
