// Share repairs for the tests, with what the account service and the coordinator would know.
import { create, fromBinary } from "@bufbuild/protobuf";
import { type CopyableStore, memoryStore, type TestSession, World } from "@covault/testkit";
import { verifyHolding } from "@covault/trust";
import { type Holding, type Member, type RepairAction, RepairActionSchema, type Signed, SignedSchema } from "@covault/wire";
import { expect } from "vitest";
import { openBlob } from "../src/vault/blob.ts";
import { shareAad } from "../src/vault/vault.ts";
import { chainOf } from "./epochs.ts";
import { type Held, type Lifecycle, said } from "./lifecycle.ts";

export const schemes = ["ecdsa-secp256k1", "eddsa-ed25519", "schnorr-bip340"];

/** Makes a key of the parties 1 to 4, two of whom sign. */
export async function holdByFour(scheme: string): Promise<Held> {
  const world = await World.create({ seed: `four-${scheme}`, indices: [1, 2, 3, 4] });
  const session = world.coordinator.open(world.keygenIntent(2, scheme), [1, 2, 3, 4]);
  await world.hub.settle();
  if (session.certificate === undefined) throw new Error(`keygen failed: ${said(session).join()}`);
  return { scheme, stores: new Map([...world.actors].map(([index, { store }]) => [index, store])), certificate: session.certificate };
}

/** The party starts anew on this store, which is its own from now on. */
export async function putStore(life: Lifecycle, index: number, store: CopyableStore): Promise<void> {
  await life.world.boot(index, undefined, { store });
  Object.assign(life.world.actor(index), { store });
}
export const loseStore = (life: Lifecycle, index: number): Promise<void> => putStore(life, index, memoryStore("new"));

/** The party's row of the epoch is there, and its secret does not open any more. */
export async function damage(life: Lifecycle, index: number): Promise<void> {
  const { status, ...share } = (await life.share(index)) as NonNullable<Awaited<ReturnType<Lifecycle["share"]>>>;
  const secret = share.secret.slice();
  secret[secret.length - 1] = (secret.at(-1) as number) ^ 1;
  const { store } = life.world.actor(index);
  const { keyId } = life.key.charter;
  expect(await store.keepRepaired({ ...share, secret }, await chainOf(life.world, index, { keyId }))).toBe(true);
}

/** The secret of a party's share, opened as its worker would open it. */
export async function secretOf(life: Lifecycle, index: number, of = life.key): Promise<Uint8Array> {
  const { vault, partyId } = life.world.actor(index);
  const share = await life.share(index, of);
  if (share?.status !== "committed") throw new Error(`party ${index} has no share: ${share?.status}`);
  const { keyId, epoch, record, secret } = share;
  return openBlob(await vault.shareKeys(keyId, epoch), shareAad(partyId, keyId, epoch, record, of.intentId), secret);
}

export interface Asked {
  readonly intent: Signed;
  readonly signers: readonly number[];
}
/** The intent of a repair. Unless `change` says otherwise it is an honest one. */
export async function askRepair(
  life: Lifecycle,
  helpers: readonly number[],
  receiver: number,
  change: (action: RepairAction) => void = () => {},
): Promise<Asked> {
  const { world, key } = life;
  const { charter, epoch, epochNumber, threshold } = key;
  const action = create(RepairActionSchema, {
    ...{ keyId: charter.keyId, scheme: charter.scheme, epoch, epochNumber, threshold },
    helpers: [...helpers],
    receiver: structuredClone(key.members.find(({ shareIndex }) => shareIndex === receiver)) as Member,
    publicShares: [...(await publicSharesOf(life, helpers))],
  });
  change(action);
  const intent = world.sign(world.intent({ action: { case: "repair", value: action } }));
  return { intent, signers: [...helpers, receiver].sort((a, b) => a - b) };
}

/** What the holders say: the first helper that has a record of the epoch. */
async function publicSharesOf(life: Lifecycle, helpers: readonly number[]): Promise<readonly Uint8Array[]> {
  for (const helper of helpers) if ((await life.share(helper))?.status === "committed") return life.publicShares();
  throw new Error("no helper has a record of the epoch");
}

/** Opens the session of a repair, as the coordinator plans it. */
export function openRepair(life: Lifecycle, { intent, signers }: Asked): TestSession {
  const { epoch, epochNumber, charter } = life.key;
  life.world.coordinator.learn(charter.keyId, { epoch, epochNumber, certificates: life.certificates });
  if (life.world.coordinator.shownMax > 4) life.world.coordinator.shownMax = 4;
  return life.world.coordinator.open(intent, signers);
}

/** Asks for a repair and lets it run. */
export async function repair(
  life: Lifecycle,
  helpers: readonly number[],
  receiver: number,
  change?: (action: RepairAction) => void,
): Promise<TestSession> {
  const session = openRepair(life, await askRepair(life, helpers, receiver, change));
  await life.world.hub.settle();
  // A receiver that has nothing of the key may have asked for certificates first.
  if (said(session).includes("party/chain-missing")) {
    life.world.coordinator.attempt(session, session.signers);
    await life.world.hub.settle();
  }
  return session;
}

/** What the receiver has said unasked about this session's attempt, verified. */
export function holdingOf(life: Lifecycle, receiver: number, { rid }: Pick<TestSession, "rid">): Holding | undefined {
  const { keyId, scheme } = life.key.charter;
  const { partyId, identity } = life.world.actor(receiver);
  for (const signed of life.world.coordinator.holdings)
    try {
      return verifyHolding(signed, { holder: { partyId, idpk: identity.publicKey }, keyId, nonce: rid, scheme: scheme });
    } catch {
      // It is the answer to another question.
    }
  return undefined;
}

/** The share is there as it was before, with its chain, and the coordinator has heard of it. */
export async function isRepaired(life: Lifecycle, receiver: number, session: TestSession, secret?: Uint8Array): Promise<void> {
  const { keyId } = life.key.charter;
  const { epoch, epochNumber, sessionId, intentId } = life.key;
  const made = await life.share(receiver);
  expect(made).toMatchObject({ status: "committed", epochNumber, sessionId, intentId });
  expect(fromBinary(SignedSchema, made?.ack ?? new Uint8Array()).signer).toBe(life.world.actor(receiver).partyId);
  expect(await chainOf(life.world, receiver, { keyId })).toHaveLength(life.certificates.length);
  expect(holdingOf(life, receiver, session)).toMatchObject({ share: "held", shareIndex: receiver, epoch, epochNumber });
  if (secret !== undefined) expect(await secretOf(life, receiver)).toEqual(secret);
}
