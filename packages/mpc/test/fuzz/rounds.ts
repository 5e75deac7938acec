// In these protocols one message of the partner is changed on its way, and party 1 has to stop. An
// honest run is recorded. With the same entropy the victim sends the same messages again, so that
// only the victim has to be run for every lie.
import { sealShare, verifySealedShare } from "../../src/backup/index.ts";
import {
  encodeRecord,
  type KeyShare,
  keygenMachine,
  onlineMachine,
  type PresignOutput,
  presignMachine,
  refreshMachine,
  restoreKeygen,
  restoreRefresh,
  restoreRenewal,
  signMachine,
} from "../../src/dkls23/index.ts";
import { frostKeygenMachine, frostSignMachine, restoreFrostKeygen } from "../../src/frost/index.ts";
import type { Machine, Outcome, ShareIndex, Turn } from "../../src/protocol/index.ts";
import * as frost from "../frost/cast.ts";
import { keygenSetup, makeKey as makeFrostKey, membersOf, schemes } from "../frost/cast.ts";
import { renewalMachines, renewalSetup } from "../renewed.ts";
import { type Repairing, repairMachines } from "../repairs.ts";
import { bytesFrom, idx, makeKey, nonceFrom, outputOf, runSession, signBatchMachines } from "../simulation.ts";
import { dkgSuites, makeKeyOf } from "../suites.ts";

const parties = [1, 2].map(idx);
const [victim, liar] = [idx(1), idx(2)];

interface Source {
  readonly name: string;
  readonly make: (self: ShareIndex, seed: string) => Machine<unknown>;
  readonly restore?: (self: ShareIndex, seed: string, snapshot: Uint8Array) => Machine<unknown>;
  /** What the victim does with its output. Some lies show only then. */
  readonly use?: (output: unknown) => void;
}

export interface Target {
  readonly name: string;
  readonly rounds: number;
  /** Gives the liar's body of a round, and the bodies of another session and of other rounds. */
  readonly body: (round: number) => { readonly honest: Uint8Array; readonly others: readonly Uint8Array[] };
  /** Runs the victim, with this body in this round. Throws, or accepts by returning. */
  readonly run: (round: number, body: Uint8Array) => void;
}

const entropyOf = (self: ShareIndex, step: number): Uint8Array => bytesFrom(`fuzz/${self}/${step}`);

function past(machine: Machine<unknown>, turn: Turn<unknown>, self: ShareIndex, step: number): Turn<unknown> {
  if (turn.kind !== "guard") return turn;
  machine.check();
  return machine.resume(entropyOf(self, step + 100));
}

function record({ make, restore }: Source, seed: string) {
  const machines = new Map(parties.map((self) => [self, make(self, seed)]));
  const bodies: Uint8Array[] = [];
  const snapshots: Uint8Array[] = [];
  let turns = new Map([...machines].map(([self, machine]) => [self, machine.start(entropyOf(self, 1))]));
  for (let round = 1; [...turns.values()].every((turn) => turn.kind === "exchange"); round++) {
    const outbox = (from: ShareIndex, to: ShareIndex): Uint8Array => {
      const turn = turns.get(from);
      return turn?.kind === "exchange" ? (turn.outbox.get(to) as Uint8Array) : new Uint8Array(0);
    };
    bodies.push(outbox(liar, victim));
    if (restore !== undefined) snapshots.push((machines.get(victim) as Machine<unknown>).snapshot());
    const mail = new Map(parties.map((self) => [self, outbox(self === victim ? liar : victim, self)]));
    turns = new Map(
      [...machines].map(([self, machine]) => {
        const from = self === victim ? liar : victim;
        return [
          self,
          past(machine, machine.deliver(new Map([[from, mail.get(self) as Uint8Array]]), entropyOf(self, round + 1)), self, round),
        ];
      }),
    );
  }
  if (![...turns.values()].every((turn) => turn.kind === "done")) throw new Error("the honest run did not finish");
  const end = turns.get(liar);
  return { bodies, snapshots, output: end?.kind === "done" ? end.output : undefined };
}

/** Gives what the liar got out of the honest run. */
const recordedOutput = (make: (self: ShareIndex) => Machine<unknown>): unknown => record({ name: "", make }, "now").output;

function targetOf(source: Source): Target {
  const { bodies, snapshots } = record(source, "now");
  const earlier = record(source, "earlier").bodies;
  return {
    name: source.name,
    rounds: bodies.length,
    body: (round) => ({
      honest: bodies[round - 1] as Uint8Array,
      others: [earlier[round - 1] as Uint8Array, ...bodies.filter((_, k) => k !== round - 1)],
    }),
    run(round, body) {
      const { make, restore } = source;
      let machine: Machine<unknown>;
      let now = 1;
      if (restore === undefined) {
        machine = make(victim, "now");
        machine.start(entropyOf(victim, 1));
      } else {
        machine = restore(victim, "now", snapshots[round - 1] as Uint8Array);
        now = round;
      }
      for (; now <= bodies.length; now++) {
        const arrived = now === round ? body : (bodies[now - 1] as Uint8Array);
        const turn = past(machine, machine.deliver(new Map([[liar, arrived]]), entropyOf(victim, now + 1)), victim, now);
        if (turn.kind === "done") source.use?.(turn.output);
      }
    },
  };
}

/** A sealed share is not a round, but has the same promise: nothing but what was sealed passes. */
function sealedShare({ record, secret }: KeyShare): Target {
  const publicShare = record.holders[0]?.publicShare as Uint8Array;
  const statement = { curve: "secp256k1", publicShare, recipient: record.publicKey, context: encodeRecord(record) } as const;
  const [honest, other] = ["one", "other"].map((name) => sealShare(statement, secret, bytesFrom(name))) as [Uint8Array, Uint8Array];
  return {
    name: "sealed share",
    rounds: 1,
    body: () => ({ honest, others: [other] }),
    run: (_, body) => verifySealedShare(statement, body),
  };
}

/** A repair of three: a helper's message to another, or to the receiver. */
function repairTargets(): readonly Target[] {
  return dkgSuites.flatMap((suite) => {
    const shares = makeKeyOf(suite, [1, 2, 3], 2, "fuzz/repair");
    return [idx(3), victim].map((receiver): Target => {
      const about = { helpers: [1, 2, 3].map(idx).filter((j) => j !== receiver), receiver };
      const machines = (seed: string) => repairMachines(suite, shares, { ...about, seed } satisfies Repairing);
      const bodies = (seed: string): ReadonlyMap<ShareIndex, Uint8Array>[] => {
        const heard: Map<ShareIndex, Uint8Array>[] = [new Map(), new Map()];
        runSession(machines(seed), {
          seed: "fuzz/repair",
          observe: ({ round, from, to }, body) => void (to === victim && heard[round - 1]?.set(from, body.slice())),
        });
        return heard;
      };
      const [now, earlier] = [bodies("now"), bodies("earlier")];
      const of = (all: typeof now, round: number): Uint8Array => all[round - 1]?.get(liar) as Uint8Array;
      const rounds = receiver === victim ? 2 : 1;
      return {
        name: `share repair, ${suite.scheme}, ${receiver === victim ? "the receiver" : "a helper"}`,
        rounds,
        // A helper takes a row of an earlier run, which makes its sender's share as well: the
        // digest is what the receiver sees it by.
        body: (round) => ({ honest: of(now, round), others: [receiver === victim ? of(earlier, round) : of(now, round).toReversed()] }),
        run(round, body) {
          const machine = machines("now").get(victim) as Machine<unknown>;
          machine.start(bytesFrom(`fuzz/repair/${victim}/1`));
          for (const [k, heard] of now.entries())
            machine.deliver(k + 1 === round ? new Map([...heard, [liar, body]]) : heard, bytesFrom(`fuzz/repair/${victim}/${k + 2}`));
        },
      };
    });
  });
}

/** An item of a batch fails alone. Here a lie about any item counts. */
function allSigned(output: unknown): void {
  for (const outcome of output as readonly Outcome<unknown>[]) if ("error" in outcome) throw outcome.error;
}

export function targets(): readonly Target[] {
  const items = ["one", "other"].map((name) => ({ digest: bytesFrom(name), tweak: new Uint8Array(32) }));
  const messages = ["one", "other"].map((name) => ({ message: bytesFrom(name) }));
  const shares = makeKey([1, 2], 2, "fuzz");
  const shareOf = (self: ShareIndex): KeyShare => shares.get(self) as KeyShare;
  const setup = (seed: string) => ({ signers: parties, tweak: new Uint8Array(32), nonce: nonceFrom(seed, parties), burned: [] });
  const refresh = (self: ShareIndex, seed: string) => ({
    share: shareOf(self),
    members: membersOf(parties),
    nonce: nonceFrom(`refresh/${seed}`, parties),
    epochNumber: 1,
  });
  const renewal = (seed: string) => ({ ends: [victim, liar], generation: 1, seed: `renewal/${seed}` }) as const;
  const presigned = (seed: string) =>
    runSession(new Map(parties.map((self) => [self, presignMachine({ ...setup(seed), share: shareOf(self) })])), { seed });
  const presignatures = new Map(["now", "earlier"].map((seed) => [seed, presigned(seed)]));
  const { epoch } = shareOf(victim).record;
  const about = { signers: parties, epoch, digest: bytesFrom("digest"), tweak: new Uint8Array(32), intent: bytesFrom("intent") };
  const online = ({ id, presignature }: PresignOutput) => onlineMachine(presignature.slice(), { ...about, id });
  const onlineBody = (() => {
    const made = recordedOutput((self) => presignMachine({ ...setup("now"), share: shareOf(self) })) as PresignOutput;
    const turn = online(made).start(entropyOf(liar, 1));
    if (turn.kind !== "exchange") throw new Error("expected an exchange");
    return turn.outbox.get(victim) as Uint8Array;
  })();
  const sources: Source[] = [
    {
      name: "key generation",
      make: (self, seed) => keygenMachine(keygenSetup(parties, 2, self, seed)),
      restore: (self, seed, snapshot) => restoreKeygen(keygenSetup(parties, 2, self, seed), snapshot),
    },
    {
      name: "refresh",
      make: (self, seed) => refreshMachine(refresh(self, seed)),
      restore: (self, seed, snapshot) => restoreRefresh(refresh(self, seed), snapshot),
    },
    {
      name: "pair renewal",
      make: (self, seed) => renewalMachines(shares, renewal(seed)).get(self) as Machine<unknown>,
      restore: (self, seed, snapshot) => restoreRenewal(renewalSetup(shares, self, renewal(seed)), snapshot),
    },
    { name: "signature", make: (self, seed) => signMachine({ ...setup(seed), share: shareOf(self), digest: bytesFrom("digest") }) },
    {
      name: "batch of two signatures",
      make: (self, seed) => signBatchMachines(shares, { signers: parties, items, seed }).get(self) as Machine<unknown>,
      use: allSigned,
    },
    {
      // A presignature that one signer spoiled makes no signature, and psi is found out here.
      name: "presigning",
      make: (self, seed) => presignMachine({ ...setup(seed), share: shareOf(self) }),
      use: (output) => {
        const machine = online(output as PresignOutput);
        machine.start(entropyOf(victim, 1));
        machine.deliver(new Map([[liar, onlineBody]]), entropyOf(victim, 2));
      },
    },
    {
      name: "online step",
      make: (self, seed) => online(outputOf(presignatures.get(seed) as ReturnType<typeof presigned>, self)),
    },
    ...schemes.flatMap((scheme): Source[] => {
      const frostShares = makeFrostKey(scheme, [1, 2], 2, "fuzz");
      return [
        {
          name: `FROST key generation, ${scheme}`,
          make: (self, seed) => frostKeygenMachine(scheme, keygenSetup(parties, 2, self, seed)),
          restore: (self, seed, snapshot) => restoreFrostKeygen(scheme, keygenSetup(parties, 2, self, seed), snapshot),
        },
        {
          name: `FROST signature, ${scheme}`,
          make: (self, seed) => {
            const share = frostShares.get(self);
            if (share === undefined) throw new Error("no share");
            return frostSignMachine({ share, signers: parties, message: bytesFrom("message"), nonce: nonceFrom(seed, parties) });
          },
        },
        {
          name: `FROST batch of two signatures, ${scheme}`,
          make: (self, seed) =>
            frost.signBatchMachines(frostShares, { signers: parties, items: messages, seed }).get(self) as Machine<unknown>,
          use: allSigned,
        },
        {
          name: `FROST preprocessing, ${scheme}`,
          make: (self, seed) => frost.preprocessMachines(frostShares, { signers: parties, count: 2, seed }).get(self) as Machine<unknown>,
        },
        {
          name: `FROST online step, ${scheme}`,
          make: (self, seed) => {
            const pool = frost.preprocess(frostShares, { signers: parties, count: 1, seed });
            const signing = { signers: parties, message: bytesFrom("message"), seed };
            return frost.onlineMachines(frostShares, pool, 0, signing).get(self) as Machine<unknown>;
          },
        },
      ];
    }),
  ];
  return [...sources.map(targetOf), ...repairTargets(), sealedShare(shareOf(victim))];
}
