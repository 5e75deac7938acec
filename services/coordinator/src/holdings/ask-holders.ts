// Asks the holders of a key, and further parties that the caller names, what they hold of it, or
// what they have sealed of it. An epoch to come is asked for with what they hold (dkls23-spec 7,
// rule 1).
import { hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { rosterParty, type VerifiedKey } from "@covault/trust";
import type { Roster } from "@covault/wire";
import type { KeyChains } from "../key-chains.ts";
import type { About, AskedParty } from "../store/holding-store.ts";
import { type AskPartiesOptions, askParties } from "./ask-parties.ts";

/** What is asked about a key, without an intent. */
export type AboutKey = Exclude<About, "export" | "import">;

export interface AskHoldersOptions extends AskPartiesOptions {
  readonly about: AboutKey;
  readonly chains: Pick<KeyChains, "current" | "leadingOn">;
  readonly roster: () => Roster;
}

export interface HoldersQuestion {
  readonly keyId: Uint8Array;
  /** The highest epoch that the caller knows, 32 bytes. */
  readonly epoch: Uint8Array;
  /** 32 random bytes. */
  readonly nonce: Uint8Array;
  /** Further parties, by id. */
  readonly parties: readonly string[];
  /** Ends the wait before its time. */
  readonly signal: AbortSignal;
}

export interface HoldersAnswer {
  /** The encoded Signed answers, verified, ascending by party id. */
  readonly statements: readonly Uint8Array[];
  /** The ids of the parties that were asked, and of those among them that are not connected. */
  readonly asked: readonly string[];
  readonly absent: readonly string[];
  /** The encoded certificates that lead on from `epoch`, ascending. */
  readonly certificates: readonly Uint8Array[];
}

export type AskHolders = (question: HoldersQuestion) => Promise<HoldersAnswer>;

/**
 * How long a connected party may take. One that is asked for backups seals what is missing first.
 */
const waitsMs: Readonly<Record<AboutKey, number>> = { holding: 3_000, backup: 10_000 };

/** Throws coordinator/unknown-key, and what the store and the broker throw. */
export function makeAskHolders(options: AskHoldersOptions): AskHolders {
  const { about, store, chains, roster, nowMs } = options;
  const waitMs = waitsMs[about];

  function partiesOf(key: VerifiedKey, further: readonly string[]): readonly AskedParty[] {
    const asked = new Map<string, string>();
    for (const { partyId, idpk } of key.members) asked.set(partyId, hex(idpk));
    // The roster has the identity key of the moment. One that lost its store may have got another.
    for (const partyId of [...asked.keys(), ...further]) {
      const known = rosterParty(roster(), partyId, nowMs());
      if (known !== undefined) asked.set(partyId, hex(known.idpk));
    }
    return [...asked].map(([partyId, idpk]) => ({ partyId, idpk }));
  }

  return async ({ keyId, epoch, nonce, parties, signal }) => {
    const key = await chains.current(keyId);
    if (key === undefined) throw new CovaultError("coordinator/unknown-key", `No certificate of key ${hex(keyId)} is known here.`);
    const name = hex(nonce);
    const { scheme } = key.charter;
    const question = await store.ask({ nonce: name, about, keyId: hex(keyId), scheme, asked: partiesOf(key, parties) });
    if (question.keyId !== hex(keyId) || question.about !== about) {
      const facts = { pointer: "/nonce" };
      throw new CovaultError("http/bad-request", "nonce: it is that of another question, or about another key.", { facts });
    }
    const value = { keyId, nonce };
    const body = about === "holding" ? { case: "holdingRequest" as const, value } : { case: "backupRequest" as const, value };
    const { reports, asked, absent } = await askParties(options, { question, body, waitMs, signal });
    const newest = { keyId: hex(keyId), epoch: hex(key.epoch) };
    const certificates = await chains.leadingOn(newest, hex(epoch));
    return { statements: reports.map(({ statement }) => statement), asked, absent, certificates };
  };
}
