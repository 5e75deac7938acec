// This file has DKLs23's key generation as data (dkls23-spec 0.2, 0.3, 2): secp256k1, both
// coordinates of every point in messages, and a pair for every two receivers.
import type { DkgSuite } from "../dkg/index.ts";
import type { Scalar } from "../group/group.ts";
import { secp256k1Enc64 } from "../group/secp256k1.ts";
import { TH, THs } from "../kernel/hash.ts";
import * as integer from "../kernel/scalar.ts";
import { erase } from "../protocol/index.ts";
import { pairing } from "./pairing.ts";

/** Gives be32 of a scalar that nobody else holds, and erases the scalar. */
function be32(words: integer.Scalar): Scalar {
  const bytes = integer.toBytes(words) as Scalar;
  erase(words);
  return bytes;
}

export const suite: DkgSuite = {
  scheme: "ecdsa-secp256k1",
  named: {},
  code: 1,
  protocols: { keygen: "keygen", refresh: "refresh", reshare: "reshare", import: "import", recovery: "recovery", repair: "repair" },
  group: secp256k1Enc64,
  wantsOpposite: () => false,
  TH,
  challengeOf: (...fields) => be32(THs("dkg/pok", ...fields)),
  sidHead: [],
  tapePrefix: "",
  nonzeroScalar: (tape) => be32(tape.nonzeroScalar()),
  pairing,
};
