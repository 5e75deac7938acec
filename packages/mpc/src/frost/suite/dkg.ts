// Every FROST suite has this key generation, which RFC 9591 leaves open. It is that of dkls23-spec
// section 2, hashed under Covault's own prefix, without pairs.
import type { DkgSuite } from "../../dkg/index.ts";
import type { Group } from "../../group/group.ts";
import { ascii } from "../../kernel/bytes.ts";
import { TH, THs } from "../tags.ts";

const protocols = {
  keygen: "frost-keygen",
  refresh: "frost-refresh",
  reshare: "frost-reshare",
  import: "frost-import",
  recovery: "frost-recovery",
  repair: "frost-repair",
} as const;

type Own = "scheme" | "named" | "code" | "wantsOpposite";

/** Gives what the suites share of key generation. `name` is the contextString. */
export const frostDkg = (name: string, group: Group): Omit<DkgSuite, Own> => ({
  protocols,
  group,
  TH,
  challengeOf: (...fields) => THs(group, "dkg/pok", ...fields),
  sidHead: [ascii(name)],
  tapePrefix: "frost/",
  // The scalar is made from 64 bytes, so its bias is below 2^-250.
  nonzeroScalar(tape) {
    for (;;) {
      const drawn = tape.bytes(64);
      const k = group.reduce(drawn);
      drawn.fill(0);
      if (!group.isZero(k)) return k;
    }
  },
  pairing: undefined,
});
