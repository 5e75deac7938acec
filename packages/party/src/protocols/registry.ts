// Every protocol that a party runs, and how the shares of each scheme are read. A new one is a new
// entry.
import { CovaultError } from "@covault/errors";
import { dklsImport, dklsKeygen, dklsRecovery, dklsRefresh, dklsRepair, dklsReshare, dklsShares, dklsSign } from "./dkls23.ts";
import { frostImport, frostKeygen, frostRecovery, frostRefresh, frostRepair, frostReshare, frostShares, frostSign } from "./frost.ts";
import type { Protocols } from "./protocol.ts";
import { dklsRenewal } from "./renewal.ts";
import type { ShareCodec } from "./share-codec.ts";

const frostSchemes = ["eddsa-ed25519", "schnorr-bip340"] as const;

// The driver hands each entry its own setup and output back. The types that differ between entries
// need not be known to it.
export const protocols = [
  ...[dklsKeygen, dklsImport, dklsSign, dklsRefresh, dklsReshare, dklsRecovery, dklsRepair, dklsRenewal],
  ...frostSchemes.flatMap((scheme) => [
    frostKeygen(scheme),
    frostImport(scheme),
    frostSign(scheme),
    frostRefresh(scheme),
    frostReshare(scheme),
    frostRecovery(scheme),
    frostRepair(scheme),
  ]),
] as unknown as Protocols;

const codecs: readonly ShareCodec[] = [dklsShares, ...frostSchemes.map(frostShares)];

/** Gives how the shares of a scheme are read. Throws `party/unknown-protocol`. */
export function shareCodecOf(scheme: string): ShareCodec {
  const codec = codecs.find((each) => each.scheme === scheme);
  if (codec === undefined) throw new CovaultError("party/unknown-protocol", `There are no shares of a key for ${scheme}.`);
  return codec;
}
