// A pool session makes nonces ahead of their messages (dkls23-spec 6.5, RFC 9591 5.1). Its setup
// says who will sign, and how many items are made.
import { ascii, u16 } from "../../kernel/bytes.ts";
import { fields, integer } from "../../protocol/encoding/inputs.ts";
import { batchMax } from "../../protocol/index.ts";
import { type FrostSessionSetup, openSigners, type Signers, sessionFields } from "../sign/setup.ts";
import { TH } from "../tags.ts";

export interface FrostPreprocessSetup extends FrostSessionSetup {
  /** b, the number of items that are made, 1 to 64. */
  readonly count: number;
}

export const readPreprocessSetup = fields<FrostPreprocessSetup>({ ...sessionFields, count: integer(1, batchMax) });

/** A checked setup, which is secret. */
export interface Pool extends Signers {
  readonly psid: Uint8Array;
  readonly count: number;
}

/** Checks a setup that was read. Throws `mpc/bad-setup` and `mpc/bad-share-record`. */
export const openPool = (setup: FrostPreprocessSetup): Pool =>
  openSigners(setup, ({ suite, record, signers, nonce }) => {
    const ids = signers.map((j) => u16(j));
    const psid = TH("pool/sid", ascii(suite.name), record.epoch, nonce, u16(setup.count), u16(signers.length), ...ids);
    return { psid, count: setup.count };
  });
