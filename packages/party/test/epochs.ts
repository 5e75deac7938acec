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
import type { NewPair } from "../src/ports/pairs.ts";
import type { NewShare } from "../src/ports/store.ts";
import { openBlob, sealBlob } from "../src/vault/blob.ts";
import { pairAad, shareAad } from "../src/vault/vault.ts";
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
  const secretAad = shareAad(partyId, keyId, old.epoch, old.record, madeBy);
  const secret = await openBlob(await vault.shareKeys(keyId, old.epoch), secretAad, old.secret);
  const record = encodeRecord({ ...decodeRecord(old.record), epoch, h2 });
  const nonce = fill(action.epochNumber, 12);
  const pairs: NewPair[] = [];
  for (const before of await store.pairs(keyId, old.epoch)) {
    const { partner, state } = before;
    const opened = decodePairs(
      await openBlob(await vault.pairKeys(keyId, old.epoch), pairAad(partyId, before, before), state as Uint8Array),
    );
    const pairId = firstPairId({ epoch, h2 }, shareIndex(index), shareIndex(partner));
    const partners = new Map([...opened.partners].map(([each, pair]) => [each, { ...pair, id: pairId }] as const));
    const aad = pairAad(partyId, { keyId, epoch, partner }, { generation: 0, pairId });
    const plain = encodePairs({ ...opened, epoch, partners });
    pairs.push({ partner, pairId, state: await sealBlob(await vault.pairKeys(keyId, epoch), aad, plain, nonce) });
  }
  const sealed = await sealBlob(await vault.shareKeys(keyId, epoch), shareAad(partyId, keyId, epoch, record, h2), secret, nonce);
  await insert(world, index, made, { record, secret: sealed, pairs });
}

/** A share as it is staged in a store. Nothing in the share of a newcomer is ever opened. */
export async function insert(
  world: World,
  index: number,
  { intent, sessionId, keyId, epoch, h2, action, ackOf }: Run,
  { record, secret, pairs }: Pick<NewShare, "record" | "secret"> & { readonly pairs: readonly NewPair[] } = {
    record: fill(1),
    secret: fill(2),
    pairs: [],
  },
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
