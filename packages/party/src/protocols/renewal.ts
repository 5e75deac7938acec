// The renewal of one pair (dkls23-spec 7.1) as an entry of the registry. Only DKLs23 has pairs.
import { CovaultError } from "@covault/errors";
import { decodeRecord, decodeSecret, encodePairs, type RenewalOutput, renewalMachine, restoreRenewal } from "@covault/mpc/dkls23";
import { type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import { renewing } from "../attempt/attempt-terms.ts";
import { nonceOf } from "./agreed-input.ts";
import { dklsKeygen } from "./dkls23.ts";
import type { Protocol } from "./protocol.ts";

interface RenewalPlan {
  /** The record of this party's share, encoded. */
  readonly record: Uint8Array;
  /** The two ends, ascending, with their identity keys of the epoch. */
  readonly members: readonly { readonly index: ShareIndex; readonly idpk: Uint8Array }[];
  readonly generation: number;
  /** The highest generation of the pair that this party knows. */
  readonly acknowledged: number;
  readonly oldPairId: Uint8Array;
  readonly nonce: Uint8Array;
}

const setupOf = ({ record, ...terms }: RenewalPlan) => ({ ...terms, record: decodeRecord(record) });

export const dklsRenewal: Protocol<RenewalPlan, RenewalOutput> = {
  name: "renewal",
  kind: "renew",
  scheme: dklsKeygen.scheme,
  plan(agreed) {
    const { intent, self, members, pairs, record } = agreed;
    const terms = renewing(intent);
    if (terms === undefined || record === undefined)
      throw new CovaultError("party/bad-order", "The renewal of a pair needs an intent for it, and a share.");
    const { generation, oldPairId } = terms;
    const ends = [...members.values()].map((member) => ({ index: shareIndex(member.shareIndex), idpk: member.idpk }));
    return {
      record,
      members: ends.sort((a, b) => a.index - b.index),
      generation,
      acknowledged: pairs.find(({ partner }) => partner !== self && members.has(partner))?.generation ?? 0,
      oldPairId,
      nonce: nonceOf(agreed),
    };
  },
  make(setup, share) {
    if (share === undefined) throw new CovaultError("party/bad-order", "The renewal of a pair needs a share.");
    return renewalMachine(setupOf(setup), share.keep(decodeSecret(share.secret)));
  },
  restore: (setup, snapshot) => restoreRenewal(setupOf(setup), snapshot),
  outcome({ renewed, ack }) {
    const [[partner, pair] = []] = renewed.partners;
    if (partner === undefined || pair === undefined) throw new CovaultError("party/bad-order", "The renewal has made no pair.");
    const state = encodePairs(renewed);
    for (const secret of [pair.send.delta, pair.send.seeds, pair.recv.pairs, pair.zeroSeed]) secret.fill(0);
    return { kind: "pair", facts: ack, pair: { partner, generation: ack.generation, pairId: ack.pairId, state } };
  },
};
