// A holder's answer to an export (dkls23-spec 8). The party verifies the intent itself, seals its
// share to the recipient that its own operator has listed, and notes for good that the key was
// exported, before anything leaves. What it answers is signed, a refusal too. The same intent again
// gets the same answer.
import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { hex, same } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import {
  type Charter,
  checkExports,
  checkMayAsk,
  checkSigners,
  keysOf,
  type OpenedIntent,
  openIntent,
  parseExact,
  skewMs,
} from "@covault/trust";
import { ExportReportSchema, type ExportRequest, ReleaseSchema, SignedSchema, signatureTags } from "@covault/wire";
import { envelope, post, ttlMs } from "./attempt/mail.ts";
import { fingerprintOf } from "./backup/backup-document.ts";
import { sealDocument } from "./backup/seal-document.ts";
import type { PartyDeps } from "./deps.ts";
import { usableShare } from "./invite/admit.ts";
import { findSelf } from "./invite/check.ts";
import type { IntentClaim } from "./ports/store.ts";
import type { Address } from "./ports/transport.ts";
import { wasRestored } from "./restored.ts";

/** So many answers are made or wait for that. A further request is dropped, and comes again. */
const waitingMax = 8;

export class ReleaseDesk {
  readonly #deps: PartyDeps;
  /** The public keys that this party exports to: compressed points of secp256k1, 33 bytes each. */
  readonly #recipients: readonly Uint8Array[];
  readonly #noted: () => Promise<void>;
  #working: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** `noted` is awaited when a release is noted and has not left. */
  constructor(deps: PartyDeps, recipients: readonly Uint8Array[] = [], noted: () => Promise<void> = async () => {}) {
    this.#deps = deps;
    this.#noted = noted;
    this.#recipients = recipients;
  }

  /**
   * Answers a request, after those before it. An intent that nobody known has signed gets no
   * answer. Throws what is no refusal, and then nothing has left.
   */
  async answer({ intent: signed }: ExportRequest, to: Address): Promise<void> {
    const { roster, clock, observe } = this.#deps;
    let opened: OpenedIntent;
    try {
      opened = openIntent(signed ?? new Uint8Array(), keysOf(roster()), clock.nowMs());
    } catch (error) {
      if (asCovaultError(error)?.kind !== "usage") throw error;
      return observe({ kind: "dropped", reason: "not-authentic", from: to.partyId });
    }
    const { action } = opened.intent;
    if (action.case !== "export") return observe({ kind: "dropped", reason: "unexpected", from: to.partyId });
    if (this.#waiting >= waitingMax) return observe({ kind: "dropped", reason: "too-often", from: to.partyId });
    const report = await this.#inTurn(opened, action.value.keyId);
    if (report !== undefined) post(this.#deps, to, report, ttlMs.stored);
  }

  /** Resolves when nothing of what was begun so far is under way. */
  idle(): Promise<void> {
    return this.#working;
  }

  async #inTurn(opened: OpenedIntent, keyId: Uint8Array): Promise<Uint8Array | undefined> {
    this.#waiting += 1;
    const turn = this.#working.then(() => this.#decide(opened, keyId));
    this.#working = turn.then(
      () => {},
      () => {},
    );
    return turn.finally(() => {
      this.#waiting -= 1;
    });
  }

  async #decide(opened: OpenedIntent, keyId: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#deps.stopping.aborted) return undefined;
    try {
      return await this.#consent(opened, keyId);
    } catch (error) {
      if (asCovaultError(error)?.kind !== "usage") throw error;
      return this.#refusal(opened, keyId, error as CovaultError);
    }
  }

  /** Throws the refusal. */
  async #consent(opened: OpenedIntent, keyId: Uint8Array): Promise<Uint8Array> {
    const { store, keys, restores, partyId, identity, roster, clock, observe } = this.#deps;
    const { intent, intentId } = opened;
    const era = await restores.ready();
    const before = await store.releaseOf(intentId);
    if (before !== undefined) return reportOf(before);
    const key = await keys.held(store, keyId);
    if (key === undefined) throw new CovaultError("party/unknown-share", "This party holds no share of that key.");
    checkMayAsk(opened, roster(), key);
    const { recipient: fingerprint, reason } = checkExports(key, opened);
    checkServed(key.charter);
    const self = findSelf(key.members, { partyId, idpk: identity.publicKey });
    checkSigners(roster(), [self], clock.nowMs());
    const recipient = this.#listed(fingerprint);
    const share = await usableShare(this.#deps, key);
    const document = await sealDocument(this.#deps, { key, share, recipient, intentId });
    const release = this.#signed({ intentId, keyId, document, code: "" });
    const answer = await store.releaseShare(this.#claim(opened), { keyId, epoch: key.epoch, intentId, release });
    // Another instance may have been first. What it said counts.
    const known = answer === "known" ? await store.releaseOf(intentId) : release;
    if (answer === "behind") restores.suspect();
    if (answer === "behind" || restores.era !== era) throw wasRestored();
    if (answer === "restored") throw new CovaultError("party/restored", "The intent was made before this party's store was restored.");
    if (answer === "superseded")
      throw new CovaultError("party/epoch-superseded", `Epoch ${key.epochNumber} of the key is superseded since the export was asked for.`);
    if (answer === "replayed" || known === undefined)
      throw new CovaultError("party/intent-replayed", "The intent, or its session, has been used.");
    if (answer === "released") {
      await this.#noted();
      observe({ kind: "exported", sessionId: intent.sessionId, keyId: hex(keyId), recipient: hex(fingerprint), reason });
    }
    return reportOf(known);
  }

  /** Gives the key that the operator has listed. Throws `party/recipient-refused`. */
  #listed(fingerprint: Uint8Array): Uint8Array {
    const listed = this.#recipients.find((key) => same(fingerprintOf(key), fingerprint));
    if (listed !== undefined) return listed;
    const facts = { recipient: hex(fingerprint), listed: this.#recipients.length };
    const text = `This party exports to no key with the fingerprint ${facts.recipient}. ${facts.listed} keys are listed here.`;
    throw new CovaultError("party/recipient-refused", text, { facts });
  }

  #claim({ intent, intentId }: OpenedIntent): IntentClaim {
    const { generation, identity } = this.#deps.restores;
    const forgetAfterMs = Number(intent.expiresAtMs) + skewMs;
    const of = { intentId, sessionId: intent.sessionId, issuedAtMs: Number(intent.issuedAtMs), forgetAfterMs, generation, identity };
    return { ...of, attempt: 1, rid: intentId, attemptsMax: 1 };
  }

  #refusal({ intent, intentId }: OpenedIntent, keyId: Uint8Array, { code, message }: CovaultError): Uint8Array {
    this.#deps.observe({ kind: "declined", sessionId: intent.sessionId, attempt: 1, code, message });
    return reportOf(this.#signed({ intentId, keyId, document: new Uint8Array(), code }));
  }

  #signed(said: { intentId: Uint8Array; keyId: Uint8Array; document: Uint8Array; code: string }): Uint8Array {
    const { identity, partyId } = this.#deps;
    const body = toBinary(ReleaseSchema, create(ReleaseSchema, { ...said, partyId }));
    return toBinary(SignedSchema, signStatement(identity, signatureTags.release, partyId, body));
  }
}

/** Gives the envelope with an encoded `Signed` release, which this party has made or stored. */
function reportOf(release: Uint8Array): Uint8Array {
  const signed = parseExact(SignedSchema, release);
  return envelope({ case: "exportReport", value: create(ExportReportSchema, signed === undefined ? {} : { release: signed }) });
}

function checkServed({ custody, policyRoot }: Charter): void {
  if (custody !== "server") throw new CovaultError("party/unknown-protocol", `This party exports no key of custody ${custody}.`);
  if (policyRoot.length > 0)
    throw new CovaultError("party/policy-denied", "This key has a policy, and this party has no document of it: it allows nothing.");
}
