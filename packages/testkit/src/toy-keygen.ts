// A key generation for tests of the driver, which takes milliseconds. Each party commits to X_i =
// x_i G and opens it. The key is the sum, and all n shares are needed. It has the same name, the
// same commit and the same form of outcome as the real one. It has no security at all, because its
// openings are not proofs.
import { same, sha256 } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { type Machine, resumed, type Sequence, type ShareIndex, type Stage, sequence, shareIndex } from "@covault/mpc/protocol";
import type { Agreed, Outcome, PlainPair, Protocol } from "@covault/party";
import { epochOf, keyIdOf } from "@covault/trust";
import { secp256k1 } from "@noble/curves/secp256k1.js";

const { Point } = secp256k1;

interface Setup {
  readonly self: number;
  readonly members: readonly number[];
  readonly sid: Uint8Array;
}
interface Output {
  readonly self: number;
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  readonly h2: Uint8Array;
}
interface State {
  readonly round: 1 | 2;
  readonly secret: Uint8Array;
  /** The commitments by the peer that made them. */
  readonly commits: ReadonlyMap<ShareIndex, Uint8Array>;
}

const opening = (secret: Uint8Array): Uint8Array => secp256k1.getPublicKey(secret, true);
const peersOf = ({ members, self }: Setup): readonly ShareIndex[] => members.filter((member) => member !== self).map(shareIndex);

function about(setup: Setup): Sequence {
  const bodyBytes = (round: number): number => (round === 1 ? 32 : 33);
  return { protocol: "keygen", sid: setup.sid, peers: peersOf(setup), rounds: 2, bodyBytes };
}

function stage(setup: Setup, state: State): Stage<Output> {
  const mine = opening(state.secret);
  const body = state.round === 1 ? sha256(setup.sid, mine) : mine;
  return {
    kind: "exchange",
    round: state.round,
    outbox: new Map(peersOf(setup).map((peer) => [peer, body])),
    deliver: (inbox) => (state.round === 1 ? stage(setup, { ...state, round: 2, commits: new Map(inbox) }) : finish(setup, state, inbox)),
    snapshot: () => encode(state),
    wipe: () => {
      state.secret.fill(0);
    },
  };
}

function finish(setup: Setup, { secret, commits }: State, openings: ReadonlyMap<ShareIndex, Uint8Array>): Stage<Output> {
  const liars = [...openings]
    .filter(([from, point]) => !same(sha256(setup.sid, point), commits.get(from) ?? new Uint8Array()))
    .map(([from]) => from);
  if (liars.length > 0)
    throw new CovaultError("mpc/opening-mismatch", `Party ${liars.join(", ")} opened something else.`, { culprits: liars });
  const all = new Map<number, Uint8Array>([...openings, [setup.self, opening(secret)]]);
  const points = setup.members.map((member) => all.get(member) as Uint8Array);
  const publicKey = points
    .map((point) => Point.fromBytes(point))
    .reduce((sum, point) => sum.add(point))
    .toBytes(true);
  const h2 = sha256(setup.sid, ...points);
  return { kind: "done", output: { self: setup.self, secret, publicKey, chain: sha256(h2), h2 } };
}

/** The state is: round | secret 32 | (peer u16 | commitment 32)*. */
function encode({ round, secret, commits }: State): Uint8Array {
  return Uint8Array.of(round, ...secret, ...[...commits].flatMap(([peer, commit]) => [peer >> 8, peer & 255, ...commit]));
}
function decode(bytes: Uint8Array): State {
  const commits = new Map<ShareIndex, Uint8Array>();
  for (let at = 33; at < bytes.length; at += 34)
    commits.set(shareIndex(((bytes[at] as number) << 8) | (bytes[at + 1] as number)), bytes.slice(at + 2, at + 34));
  return { round: bytes[0] as 1 | 2, secret: bytes.slice(1, 33), commits };
}

function plan({ intent, self, contributions }: Agreed): Setup {
  if (intent.action.case !== "keygen") throw new CovaultError("mpc/bad-setup", "The toy makes keys only.");
  const members = intent.action.value.members.map((member) => member.shareIndex);
  return { self, members, sid: sha256(...members.map((member) => contributions.get(member) as Uint8Array)) };
}

/** One pair, with the next party, which nobody can sign with. */
const toyPairs = (self: number, epoch: Uint8Array, secret: Uint8Array): readonly PlainPair[] => {
  const partner = self + 1;
  return [{ partner, generation: 0, pairId: sha256(epoch, Uint8Array.of(self, partner)), state: sha256(secret) }];
};

/** The toy as a protocol that a party can run in the place of the real key generation. */
export const toyKeygen = {
  name: "keygen",
  kind: "keygen",
  scheme: "ecdsa-secp256k1",
  plan,
  make: (setup: Setup): Machine<Output> =>
    sequence(about(setup), {
      start: (entropy) => stage(setup, { round: 1, secret: sha256(entropy), commits: new Map() }),
      wipe: () => {},
    }),
  restore: (setup: Setup, snapshot: Uint8Array): Machine<Output> => resumed(about(setup), stage(setup, decode(snapshot))),
  outcome({ self, secret, publicKey, chain, h2 }: Output): Outcome {
    const keyId = keyIdOf("ecdsa-secp256k1", publicKey, chain);
    const facts = { keyId, epoch: epochOf(keyId, h2), h2, publicKey, chain, shareIndex: self };
    return { kind: "share", facts, share: { record: publicKey.slice(), secret, pairs: toyPairs(self, epochOf(keyId, h2), secret) } };
  },
} as unknown as Protocol;

/** Gives the public key that the shares of a toy key make together. */
export function toyPublicKey(secrets: readonly Uint8Array[]): Uint8Array {
  return secrets
    .map((secret) => Point.fromBytes(opening(secret)))
    .reduce((sum, point) => sum.add(point))
    .toBytes(true);
}
