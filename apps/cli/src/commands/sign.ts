// The command covault sign <account> [digest].
import type { SignRequest } from "@covault/sdk";
import { Command, InvalidArgumentError } from "commander";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { facts } from "../layout.ts";

type Scheme = NonNullable<SignRequest["scheme"]>;

interface SignOptions {
  readonly message?: string;
  readonly text?: string;
  /** As it was typed. The service says which there are. */
  readonly scheme?: Scheme;
  readonly key?: string;
  readonly path?: string;
  readonly taproot?: boolean;
  readonly merkleRoot?: string;
  readonly idempotencyKey?: string;
}

/**
 * Gives what the service is asked for. Throws unless exactly one of digest, --message and --text is
 * given.
 */
function requestOf(digest: string | undefined, options: SignOptions): SignRequest {
  const { message, text, path, merkleRoot } = options;
  const given = [digest, message, text].filter((one) => one !== undefined);
  if (given.length !== 1) throw new InvalidArgumentError("give one of a digest, --message and --text");
  const key = {
    ...(options.scheme !== undefined && { scheme: options.scheme }),
    ...(options.key !== undefined && { key_id: options.key }),
  };
  const derived = path === undefined ? {} : { derivation_path: path };
  const isTaproot = options.taproot === true || merkleRoot !== undefined;
  if (text !== undefined) {
    if (isTaproot) throw new InvalidArgumentError("--text is an EVM personal message, which has no Taproot output");
    return { ...key, transaction: { type: "evm_personal_message", text, ...derived } };
  }
  const taproot = isTaproot ? { taproot: merkleRoot === undefined ? {} : { merkle_root: merkleRoot } } : {};
  const raw = { ...key, ...derived, ...taproot };
  return message === undefined ? { digest: digest ?? "", ...raw } : { message, ...raw };
}

export function signCommand({ terminal, look, options, during, show }: CommandContext): Command {
  return new Command("sign")
    .description("sign a digest, a message or a text with an account's parties")
    .argument("<account>", "the account's id, acc_…")
    .argument("[digest]", "64 hex characters, with or without 0x: the hash of what is to be signed")
    .option("--message <hex>", "for a key of Ed25519: the message itself")
    .option("--text <text>", "an EVM personal message (EIP-191), which every party hashes itself")
    .option("--scheme <scheme>", "the key that signs, of those of the account (default its first)")
    .option("--key <key-id>", "the same by its key id")
    .option("--path <path>", "the child of the key that signs, for example m/0/5")
    .option("--taproot", "for a key of BIP-340: its Taproot output without scripts signs")
    .option("--merkle-root <hex>", "the same for an output with scripts")
    .option("--idempotency-key <key>", "the same key again answers with the same signature")
    .action(async (accountId: string, digest: string | undefined, given: SignOptions) => {
      const { idempotencyKey } = given;
      const request = requestOf(digest, given);
      const client = connect(options(), terminal);
      const signed = await during("Signing", client.sign(accountId, request, idempotencyKey === undefined ? {} : { idempotencyKey }));
      const { r, s, recovery_id: recoveryId, hex } = signed.signature;
      const [one] = signed.signatures;
      const isChild = one !== undefined && (one.path !== "m" || one.taproot);
      show(
        signed,
        facts(
          [
            signed.digest === undefined ? ["message", signed.message] : ["digest", signed.digest],
            ...(isChild ? [["path", one.path] as const, ["public key", one.public_key] as const] : []),
            ...(one?.address === undefined ? [] : [["address", one.address] as const]),
            ["r", r],
            ["s", s],
            ...(recoveryId === undefined ? [] : [["recovery id", String(recoveryId)] as const]),
            ["signature", hex],
            ["session", signed.session_id],
          ],
          look,
        ),
      );
    });
}
