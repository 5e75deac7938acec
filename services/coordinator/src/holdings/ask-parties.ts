// Asks parties one question, and waits for what they report. A report may reach another coordinator
// than the one that asks.
import { setTimeout as pause } from "node:timers/promises";
import type { Broker, Presence } from "@covault/service-kit/messages";
import { type EnvelopeBody, publishEnvelope } from "../publisher.ts";
import type { HoldingQuestion, HoldingReportRow, HoldingStore } from "../store/holding-store.ts";

export interface AskPartiesOptions {
  readonly store: HoldingStore;
  readonly broker: Broker;
  readonly presence: Presence;
  readonly nowMs: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

export interface PartiesQuestion {
  /** The question as the store has it, under its name. */
  readonly question: HoldingQuestion;
  readonly body: EnvelopeBody;
  /** How long connected parties may take, in milliseconds. */
  readonly waitMs: number;
  /** Ends the wait before its time. */
  readonly signal: AbortSignal;
}

export interface PartiesAnswer {
  /** Verified, ascending by party id. */
  readonly reports: readonly HoldingReportRow[];
  /** The ids of the parties that were asked, and of those among them that are not connected. */
  readonly asked: readonly string[];
  readonly absent: readonly string[];
}

const lookMs = 50;

/** Throws what the store and the broker throw. */
export async function askParties(
  { store, broker, presence, nowMs, random }: AskPartiesOptions,
  { question, body, waitMs, signal }: PartiesQuestion,
): Promise<PartiesAnswer> {
  const asked = question.asked.map(({ partyId }) => partyId);
  const present = new Set((await presence.list()).map(({ partyId }) => partyId));
  const before = await store.reports(question.nonce);
  const connected = asked.filter((partyId) => present.has(partyId));
  const silent = connected.filter((partyId) => !before.some((report) => report.partyId === partyId));
  const sent = silent.map((partyId) => publishEnvelope({ broker, nowMs, random }, { partyId, instanceId: "" }, body, { ttlMs: waitMs }));
  // A party whose message is lost counts as one that did not answer.
  await Promise.allSettled(sent);
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const reports = await store.reports(question.nonce);
    const isWhole = connected.every((partyId) => reports.some((report) => report.partyId === partyId));
    if (isWhole || signal.aborted || performance.now() >= untilMs)
      return { reports, asked, absent: asked.filter((partyId) => !present.has(partyId)) };
    await pause(lookMs);
  }
}
