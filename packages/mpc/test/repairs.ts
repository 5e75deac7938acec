// Parties of share repairs for the tests, of every suite.
import type { DkgSuite, KeyRecord, Share } from "../src/dkg/index.ts";
import { recordFor, repairMachine } from "../src/dkls23/index.ts";
import { frostRecordFor, frostRepairMachine } from "../src/frost/index.ts";
import type { Machine, ShareIndex } from "../src/protocol/index.ts";
import type { RepairOutput, RepairSetup } from "../src/repair/index.ts";
import { membersOf } from "./frost/cast.ts";
import { type Machines, nonceFrom } from "./simulation.ts";

/** The entry points of this suite's family, without their types. */
export function repairOf(suite: DkgSuite) {
  const [machine, record] = suite.scheme === "ecdsa-secp256k1" ? [repairMachine, recordFor] : [frostRepairMachine, frostRecordFor];
  return {
    machine: machine as unknown as (setup: RepairSetup) => Machine<RepairOutput>,
    recordFor: record as unknown as (record: KeyRecord, receiver: ShareIndex) => KeyRecord,
  };
}

export interface Repairing {
  readonly helpers: readonly ShareIndex[];
  readonly receiver: ShareIndex;
  readonly seed: string;
}

const ascending = (parties: readonly ShareIndex[]): ShareIndex[] => [...parties].sort((a, b) => a - b);

/**
 * What `self` brings: a helper its share, the receiver the record that its first helper tells it.
 */
export function repairSetup(suite: DkgSuite, shares: ReadonlyMap<ShareIndex, Share>, about: Repairing, self: ShareIndex): RepairSetup {
  const { helpers, receiver, seed } = about;
  const { record } = shares.get(helpers[0] as ShareIndex) as Share;
  const mine = self === receiver ? { record: repairOf(suite).recordFor(record, receiver) } : (shares.get(self) as Share);
  const all = ascending([...helpers, receiver]);
  return { mine, helpers, receiver, members: membersOf(all), nonce: nonceFrom(seed, all) };
}

export function repairMachines(suite: DkgSuite, shares: ReadonlyMap<ShareIndex, Share>, about: Repairing): Machines<RepairOutput> {
  const all = ascending([...about.helpers, about.receiver]);
  return new Map(all.map((self) => [self, repairOf(suite).machine(repairSetup(suite, shares, about, self))]));
}

/** Every choice of `size` of these, ascending. */
export function choices<T>(of: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return of.flatMap((first, k) => choices(of.slice(k + 1), size - 1).map((rest) => [first, ...rest]));
}
