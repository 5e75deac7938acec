// The OT-extension check and its consequences (dkls23-spec 9). "Checking" is durable before the
// check runs, and its result is durable before anything is sent or reported. A failed check gives
// away one bit of a long-term secret, so that the pair is burned for good. All of it is by pair id:
// a pair that was made anew has another secret, and nothing is held against it.
import { hex, sha256 } from "@covault/crypto";
import { asCovaultError, CovaultError, type ErrorCode, type ErrorDetails } from "@covault/errors";
import type { PartyDeps } from "../deps.ts";
import { standstill } from "../instance.ts";
import {
  type Burn,
  type CheckAnswer,
  type CheckedPair,
  type CheckStart,
  openChecksMax,
  strikesMax,
  strikesWarn,
} from "../ports/check-notes.ts";
import type { AttemptSecrets } from "../run/runner.ts";
import { pairSuperseded } from "./attempts.ts";
import type { RoundInbox } from "./round-inbox.ts";

/** The register refuses a pair, which no check of this run has burned. */
const refused = "mpc/pair-burned" satisfies ErrorCode;

export interface Pairing {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly sid: Uint8Array;
  /** The pairs with the other signers. */
  readonly pairs: readonly CheckedPair[];
  readonly inbox: RoundInbox;
}

/**
 * Runs a guard turn. Gives the pairs that failed. They are burned when this resolves. Throws
 * without running the check when it may not run. Throws without showing the result when another
 * check of one of these pairs failed first: a cheater sees one failure of a pair, and not one of
 * each check that was open at the time.
 */
export async function runCheck(
  deps: PartyDeps,
  secrets: AttemptSecrets,
  pairing: Pairing,
  partners: readonly number[],
): Promise<readonly CheckedPair[]> {
  const { store, instance } = deps;
  const { keyId, epoch, sid } = pairing;
  const pairs = pairsWith(pairing, partners);
  await reportStrikes(deps, pairing, pairs);
  const { tenure } = instance;
  const burning = pairs.filter(({ pairId }) => deps.burning.has(hex(pairId)));
  // The burn is on its way to the store, and perhaps it is a strike. What is not durable is held
  // against nobody.
  if (burning.length > 0) throw pairBurned(burning.map(({ partner }) => partner));
  await begin(deps, { keyId, epoch, sid, pairs, tenure, alive: instance.alive() });
  const verdict = await secrets.check().catch(async (error: unknown) => {
    // Nobody knows any more whether the check was passed, as after a crash of the whole process.
    const end = { epoch, sid, tenure, cleared: [], struck: pairs, burns: [] };
    await untilDurable(deps, pairs, () => store.endCheck(end));
    for (const { pairId } of pairs) deps.strikesSeen.delete(hex(pairId));
    throw error;
  });
  const [cleared, failed] = [pairsWith(pairing, verdict.cleared), pairsWith(pairing, verdict.failed)];
  const burns = burnsOf(pairing, failed, "mpc/ot-check-failed");
  // The result waits for the store, passed or failed. What was found before another check of the
  // pair failed must be written before it is shown.
  const outcome = await untilDurable(deps, failed, () => store.endCheck({ epoch, sid, tenure, cleared, struck: [], burns }));
  if (outcome.kind === "burned") throw refusal(outcome);
  if (failed.length > 0) reportBurned(deps, epoch, failed, "mpc/ot-check-failed");
  else if (outcome.kind === "lost") throw refusal({ kind: "lost" });
  return failed;
}

const pairsWith = ({ pairs }: Pairing, partners: readonly number[]): readonly CheckedPair[] =>
  pairs.filter(({ partner }) => partners.includes(partner)).map(({ partner, pairId }) => ({ partner, pairId }));

/**
 * Notes the check, or throws and leaves no note. When the answer of the store gets lost, the note
 * may be there, though this instance knows that the check was never run and that nobody was shown a
 * result. Such a note is taken back.
 */
async function begin(deps: PartyDeps, start: CheckStart): Promise<void> {
  const { store, observe } = deps;
  let unknown = false;
  try {
    const answer = await store.beginCheck(start).catch((failure: unknown) => {
      unknown = true;
      observe({ kind: "failed", error: failure });
      // A lost connection is found out by its use. The second try has a new one.
      return store.beginCheck(start);
    });
    if (answer.kind !== "noted") throw refusal(answer);
  } catch (error) {
    if (unknown) takeBack(deps, start);
    throw error;
  }
}

/**
 * Takes a note back. The attempt does not wait for it, but a stop of the party does. A commit that
 * is still under way holds the lock of the epoch, and this comes after it.
 */
function takeBack(deps: PartyDeps, { epoch, sid, pairs, tenure }: CheckStart): void {
  const { store, clearing } = deps;
  const done = again(deps, () => store.endCheck({ epoch, sid, tenure, cleared: pairs, struck: [], burns: [] }))
    .catch(() => {})
    .then(() => void clearing.delete(done));
  clearing.add(done);
}

function refusal(answer: Exclude<CheckAnswer, { kind: "noted" }> | { readonly kind: "lost" }): CovaultError {
  if (!("partners" in answer)) return standstill();
  const partners = answer.partners.join(", ");
  const facts = { partners };
  if (answer.kind === "burned") return pairBurned(answer.partners, { culprits: answer.partners, consequence: "burn" });
  if (answer.kind === "superseded") return pairSuperseded(answer.partners);
  if (answer.kind === "full")
    return new CovaultError("party/busy", `${openChecksMax} checks of the pair with party ${partners} are open in this party.`, {
      facts,
    });
  return new CovaultError(
    "party/pair-undecided",
    `Checks with party ${partners} are open in an instance without a sign of life: ${strikesMax} or more would be strikes.`,
    { facts },
  );
}

/**
 * `held` names the partners whose burn stands in the register. The abort says so under this party's
 * signature, and what else runs with them ends.
 */
function pairBurned(partners: readonly number[], held: Pick<ErrorDetails, "culprits" | "consequence"> = {}): CovaultError {
  const names = partners.join(", ");
  return new CovaultError(refused, `The pair with party ${names} is burned.`, {
    facts: { partners: names },
    ...held,
  });
}

/**
 * Makes the burn durable that an error demands, before the error surfaces. While the store fails,
 * the write is tried again and the party refuses the pair. Gives the burned pairs. Throws when the
 * party stops before that.
 */
export async function burnFor(deps: PartyDeps, error: unknown, pairing: Pairing): Promise<readonly CheckedPair[]> {
  const known = asCovaultError(error);
  if (known?.consequence !== "burn") return [];
  const pairs = pairsWith(pairing, known.culprits);
  if (pairs.length === 0) return [];
  // That the register refuses a pair is no failure of its own. Written down, it would hide that
  // strikes have burned the pair, or burn a generation for what one below it has done.
  if (known.code !== refused) {
    const burns = burnsOf(pairing, pairs, known.code);
    await untilDurable(deps, pairs, () => deps.store.burn(pairing.epoch, burns));
  }
  reportBurned(deps, pairing.epoch, pairs, known.code);
  return pairs;
}

/**
 * Tells the operator of each burned pair once. Many attempts may run into one burn. A failed check
 * is told of also where the pair was only refused before.
 */
function reportBurned({ burnsReported, observe }: PartyDeps, epoch: Uint8Array, pairs: readonly CheckedPair[], code: ErrorCode): void {
  const news = pairs.filter(({ pairId }) => {
    const told = burnsReported.get(hex(pairId));
    return told === undefined || (told === refused && code !== refused);
  });
  for (const { pairId } of news) burnsReported.set(hex(pairId), code);
  if (news.length > 0) observe({ kind: "burned", epoch: hex(epoch), partners: news.map(({ partner }) => partner), code });
}

/**
 * Writes, and tries again while the store fails. The pairs are refused meanwhile. Throws when the
 * party stops before that.
 */
async function untilDurable<T>(deps: PartyDeps, pairs: readonly CheckedPair[], write: () => Promise<T>): Promise<T> {
  const { burning } = deps;
  const names = pairs.map(({ pairId }) => hex(pairId));
  for (const name of names) burning.set(name, (burning.get(name) ?? 0) + 1);
  const written = await again(deps, write);
  for (const name of names) {
    const others = (burning.get(name) ?? 1) - 1;
    if (others > 0) burning.set(name, others);
    else burning.delete(name);
  }
  return written;
}

async function again<T>(deps: PartyDeps, write: () => Promise<T>): Promise<T> {
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 10_000)) {
    try {
      return await write();
    } catch (failure) {
      deps.observe({ kind: "failed", error: failure });
      if (deps.stopping.aborted) throw failure;
      await pause(deps, waitMs);
    }
  }
}

function pause({ clock, stopping }: PartyDeps, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      cancel();
      resolve();
    };
    const cancel = clock.timer(ms, () => {
      stopping.removeEventListener("abort", stop);
      resolve();
    });
    stopping.addEventListener("abort", stop);
  });
}

/**
 * Asks for a renewal from the fourth interrupted check on. Strikes come with crashes, so that each
 * process looks once per pair.
 */
async function reportStrikes(deps: PartyDeps, { keyId, epoch }: Pairing, pairs: readonly CheckedPair[]): Promise<void> {
  const { strikesSeen, store, observe } = deps;
  const news = pairs.map(({ pairId }) => hex(pairId)).filter((name) => !strikesSeen.has(name));
  if (news.length === 0) return;
  for (const name of news) strikesSeen.add(name);
  for (const { partner, pairId, strikes } of await store.pairs(keyId, epoch))
    if (strikes >= strikesWarn && news.includes(hex(pairId))) observe({ kind: "strikes", epoch: hex(epoch), partner, strikes });
}

function burnsOf({ sid, inbox }: Pairing, pairs: readonly CheckedPair[], reason: ErrorCode): readonly Burn[] {
  return pairs.map(({ partner, pairId }) => {
    const message = inbox.of(partner);
    const digest = message === undefined ? new Uint8Array(32) : sha256(message.header, message.sealed);
    return { partner, pairId, reason, sid, digest };
  });
}
