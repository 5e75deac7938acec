// Export: t shares make the key in one place (dkls23-spec section 8). This ends threshold protection for good.
import { CovaultError } from "@covault/errors";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { ascending, blame, erase, type Fault, fault, type ShareIndex } from "../../protocol/index.ts";
import { lagrange } from "../shamir.ts";
import { checkPredecessor, type Predecessor } from "../succession/predecessor.ts";

export interface ExportSetup {
  readonly key: Predecessor;
  /** s_j (be32) of at least t holders, received over confidential channels. */
  readonly shares: ReadonlyMap<ShareIndex, Uint8Array>;
  /** There is no way back: whoever runs this holds the key alone. */
  readonly endThresholdProtection: true;
}

/** The secret key, be32. Throws `mpc/bad-setup`, and `mpc/bad-share` naming everybody whose share is not the one of its public share. */
export function exportKey({ key, shares, endThresholdProtection }: ExportSetup): Uint8Array {
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);
  if (endThresholdProtection !== true) throw bad("endThresholdProtection: expected true");
  const publicShares = checkPredecessor(key);
  const holders = ascending(
    [...shares.keys()].sort((a, b) => a - b),
    "shares",
  );
  const strangers = holders.filter((j) => !publicShares.has(j));
  if (strangers.length > 0) throw bad(`shares: party ${strangers.join(", ")} holds no share of this key`);
  if (holders.length < key.threshold) throw bad(`shares: expected at least ${key.threshold}, got ${holders.length}`);

  const faults = new Map<ShareIndex, Fault>();
  const secrets = new Map<ShareIndex, Scalar>();
  for (const j of holders) {
    const secret = scalar.fromBytes(shares.get(j) as Uint8Array);
    if (secret !== undefined && point.equal(point.mulBase(secret), publicShares.get(j) as Point)) secrets.set(j, secret);
    else faults.set(j, fault("mpc/bad-share", "sent a share that is not the one of its public share"));
  }
  blame(faults, "export");
  const used = holders.slice(0, key.threshold);
  const x = used.reduce((sum, j) => scalar.add(sum, scalar.mul(lagrange(j, used), secrets.get(j) as Scalar)), scalar.fromInt(0));
  const exported = scalar.toBytes(x);
  erase(x, ...secrets.values());
  return exported;
}
