// Every protocol that a party runs. A new one is a new entry.
import { dklsKeygen, dklsSign } from "./dkls23.ts";
import { frostKeygen, frostSign } from "./frost.ts";
import type { Protocols } from "./protocol.ts";

// The driver hands each entry its own setup and output back. The types that differ between entries
// need not be known to it.
export const protocols = [
  dklsKeygen,
  dklsSign,
  frostKeygen("eddsa-ed25519"),
  frostSign("eddsa-ed25519"),
  frostKeygen("schnorr-bip340"),
  frostSign("schnorr-bip340"),
] as unknown as Protocols;
