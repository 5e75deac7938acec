// Every protocol that a party runs. A new one is a new entry.
import { dklsImport, dklsKeygen, dklsRecovery, dklsRefresh, dklsRepair, dklsReshare, dklsSign } from "./dkls23.ts";
import { frostImport, frostKeygen, frostRecovery, frostRefresh, frostRepair, frostReshare, frostSign } from "./frost.ts";
import type { Protocols } from "./protocol.ts";
import { dklsRenewal } from "./renewal.ts";

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
