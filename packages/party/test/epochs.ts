// Further epochs of a fixture's key, as their runs would leave them: intents of the initiator,
// acknowledgements of the parties, and staged shares that sign. The shares stay what they were, so
// that no protocol has to run.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type IdentityKey, signStatement } from "@covault/channel";
import { decodePairs, decodeRecord, encodePairs, encodeRecord, firstPairId } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import type { World } from "@covault/testkit";
import { epochOf, intentIdOf, keysOf, openKey, type VerifiedKey } from "@covault/trust";
import {
  AckSchema,
  type Certificate,
  CertificateSchema,
  type Member,
  type RefreshAction,
  RefreshActionSchema,
  type Signed,
  SignedSchema,
  signatureTags,
} from "@covault/wire";
import { openBlob, sealBlob } from "../src/vault/blob.ts";
import { shareAad } from "../src/vault/vault.ts";
import type { Key } from "./fixture.ts";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
/** The chain of a key as a party's store has it. */
export async function chainOf(world: World, index: number, { keyId }: Pick<Key, "keyId">): Promise<readonly Uint8Array[]> {
  return world.actor(index).store.certificates(keyId);
}
export function opened(world: World, certificates: readonly (Certificate | Uint8Array)[]): VerifiedKey {
  return openKey(certificates[0] as Uint8Array, certificates.slice(1), { keysOf: keysOf(world.roster), foundingIntentId: "any" });
}

/** A run that continues `key`, and what its members sign at its end. */
export interface Run {
  readonly intent: Signed;
  readonly action: RefreshAction;
  readonly sessionId: string;
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly h2: Uint8Array;
  readonly ackOf: (index: number, identity?: IdentityKey) => Signed;
  readonly certificate: Certificate;
}

/** The action of a refresh, unless `change` makes something else of it. */
export function run(
  world: World,
  key: VerifiedKey,
  change: (action: RefreshAction) => void = () => {},
  identityOf = (index: number): IdentityKey => world.actor(index).identity,
  named: { readonly sessionId?: string } = {},
): Run {
  const { keyId, publicKey, chain, scheme } = key.charter;
  const members = [...structuredClone(key.members)] as Member[];
  const action = create(RefreshActionSchema, {
    kind: "refresh",
    keyId,
    oldEpoch: key.epoch,
    publicKey,
    chain,
    oldThreshold: key.threshold,
    oldMembers: [...structuredClone(key.members)] as Member[],
    // Only the protocol looks at them, so that any point does.
    oldPublicShares: members.map(() => publicKey),
    dealers: members.map((member) => member.shareIndex),
    threshold: key.threshold,
    members,
    scheme,
    epochNumber: key.epochNumber + 1,
  });
  change(action);
  const init = world.intent({ action: { case: "refresh", value: action }, ...named });
  const intent = world.sign(init);
  const { sessionId } = init;
  const h2 = intentIdOf(intent.body);
  const epoch = epochOf(keyId, h2);
  const ackOf = (index: number, identity = identityOf(index)): Signed => {
    const { epochNumber } = action;
    const ack = { keyId, epoch, h2, shareIndex: index, intentId: h2, publicKey, chain, sessionId, epochNumber };
    const partyId = action.oldMembers.concat(action.members).find((member) => member.shareIndex === index)?.partyId ?? "";
    return signStatement(identity, signatureTags.ack, partyId, toBinary(AckSchema, create(AckSchema, ack)));
  };
  const leaving = action.dealers.filter((dealer) => !action.members.some((member) => member.shareIndex === dealer));
  const certificate = create(CertificateSchema, {
    intent,
    acks: action.members.map((member) => ackOf(member.shareIndex)),
    dealerAcks: leaving.map((dealer) => ackOf(dealer)),
  });
  return { intent, action, sessionId, keyId, epoch, h2, ackOf, certificate };
}

/**
 * The run's end at one party: its share, which is the one of the key's committed epoch under the
 * new names.
 */
export async function stage(world: World, index: number, made: Run): Promise<void> {
  const { keyId, epoch, h2, action } = made;
  const { store, vault, partyId } = world.actor(index);
  const old = (await store.committedShare(keyId)) as NonNullable<Awaited<ReturnType<typeof store.committedShare>>>;
  const madeBy = intentIdOf(fromBinary(SignedSchema, old.intent).body);
  const aadOf = (what: "share" | "pairs", of: Uint8Array, record: Uint8Array, intentId: Uint8Array) =>
    shareAad(what, partyId, keyId, of, record, intentId);
  const secret = await openBlob(await vault.shareKeys(keyId, old.epoch), aadOf("share", old.epoch, old.record, madeBy), old.secret);
  const sealed = (await store.pairs(keyId, old.epoch)) as Uint8Array;
  const pairs = decodePairs(await openBlob(await vault.pairKeys(keyId, old.epoch), aadOf("pairs", old.epoch, old.record, madeBy), sealed));
  const before = decodeRecord(old.record);
  const record = encodeRecord({ ...before, epoch, h2 });
  const partners = [...pairs.partners].map(
    ([partner, pair]) => [partner, { ...pair, id: firstPairId({ epoch, h2 }, shareIndex(index), partner) }] as const,
  );
  const renewed = encodePairs({ ...pairs, epoch, partners: new Map(partners) });
  const seal = async (what: "share" | "pairs", plain: Uint8Array): Promise<Uint8Array> =>
    sealBlob(
      what === "share" ? await vault.shareKeys(keyId, epoch) : await vault.pairKeys(keyId, epoch),
      aadOf(what, epoch, record, h2),
      plain,
      fill(action.epochNumber, 12),
    );
  await insert(world, index, made, { record, secret: await seal("share", secret), pairs: await seal("pairs", renewed) });
}

/** A share as it is staged in a store. Nothing in the share of a newcomer is ever opened. */
export async function insert(
  world: World,
  index: number,
  { intent, sessionId, keyId, epoch, h2, action, ackOf }: Run,
  { record, secret, pairs }: Record<"record" | "secret" | "pairs", Uint8Array> = { record: fill(1), secret: fill(2), pairs: fill(3) },
): Promise<void> {
  const { store } = world.actor(index);
  const rid = intentIdOf(Uint8Array.of(index, ...h2));
  const tenure = { name: `test/${sessionId}`, fence: 1 };
  const session = { rid, sessionId, intentId: h2, context: fill(1), state: fill(2), outbox: [], expiresAtMs: world.clock.nowMs() + 60_000 };
  const fence = (await store.openSession(session, tenure)) as number;
  const share = {
    keyId,
    epoch,
    epochNumber: action.epochNumber,
    scheme: action.scheme,
    sessionId,
    intentId: h2,
    record,
    secret,
    intent: toBinary(SignedSchema, intent),
    ack: toBinary(SignedSchema, ackOf(index)),
  };
  if (!(await store.stageShare(share, pairs, { rid, fence }))) throw new Error("not staged");
}
