// The queue "coordinator": the messages of parties are checked and made into commands. Every
// signature, token and certificate is verified here, so that `decide` never sees an unverified one.
// A malformed or unheard message is dropped and counted. Only a part of ours that fails throws, and
// then the broker hands the message out again.

import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { sessionIdForm } from "@covault/api/coordinator";
import { fromHex, hex } from "@covault/crypto";
import { asCovaultError } from "@covault/errors";
import { type Broker, coordinatorQueue, type StopConsuming } from "@covault/service-kit/messages";
import type { Logger, Seldom } from "@covault/service-kit/run";
import { kinds, parseExact } from "@covault/trust";
import { type Address, type Certificate, type Envelope, EnvelopeSchema, RoutedMessageSchema, type Signed } from "@covault/wire";
import { heldAgainst } from "./accusation.ts";
import { acknowledgement } from "./certify.ts";
import { pairAcknowledgement } from "./certify-pair.ts";
import { takeRelease } from "./exports/take-release.ts";
import { takeRepaired } from "./holdings/take-repaired.ts";
import { takeReport } from "./holdings/take-report.ts";
import { takeImportRecipient } from "./imports/ask-import-recipients.ts";
import { joinCommand } from "./join-command.ts";
import type { JoinTokens } from "./join-token.ts";
import type { KeyChains } from "./key-chains.ts";
import type { Publish } from "./publisher.ts";
import type { Senders } from "./senders.ts";
import type { Command } from "./session/commands.ts";
import { epochOfPlan, isConcerned } from "./session/plan.ts";
import { storedIntent } from "./session/plan-of-intent.ts";
import { inFlight, isTerminal, type SessionState } from "./session/state.ts";
import type { MakeCommand, Sessions } from "./sessions.ts";
import { isSignatureOf } from "./signature-check.ts";
import type { EventStore } from "./store/event-store.ts";
import type { HoldingStore } from "./store/holding-store.ts";

/** What became of a message. */
export type Verdict = "applied" | "unheard" | "refused" | "malformed" | "stranger" | "too-often";

export interface InboxOptions {
  readonly broker: Broker;
  readonly sessions: Sessions;
  readonly tokens: JoinTokens;
  readonly chains: KeyChains;
  readonly senders: Senders;
  readonly holdings: HoldingStore;
  readonly store: Pick<EventStore, "repairAttempt">;
  readonly nowMs: () => number;
  readonly publish: Publish;
  readonly logger: Logger;
  readonly seldom: Seldom;
  readonly onMessage?: (kind: string, verdict: Verdict) => void;
}

type Body = Exclude<Envelope["body"], { case: undefined }>;

/**
 * The pauses of a message that waits for a part of ours that fails, which is mostly the database.
 * After the last one it goes back to the broker.
 */
const pausesMs = [50, 100, 200, 400, 800, 1_600, 3_200];

export async function consumeInbox(options: InboxOptions): Promise<StopConsuming> {
  const stopping = new AbortController();
  const stop = await options.broker.consume(coordinatorQueue, async (message) => {
    const read = readRouted(message.body);
    if (read === undefined) {
      options.onMessage?.("unknown", "malformed");
      return void (await turn());
    }
    // The broker drops a message that is handed out too often. An outage of seconds must not cost
    // it.
    for (const pauseMs of [...pausesMs, undefined])
      try {
        const verdict = await receive(options, read.from, read.body);
        options.onMessage?.(read.body.case, verdict);
        // A message that came to nothing gives way to everything else that waits. It may be one of
        // many.
        if (verdict !== "applied") await turn();
        return;
      } catch (error) {
        if (pauseMs === undefined || stopping.signal.aborted) throw error;
        options.logger.warn({ err: error, kind: read.body.case, pause_ms: pauseMs }, "message waits");
        await pause(pauseMs, undefined, { signal: stopping.signal });
      }
  });
  return () => {
    stopping.abort();
    return stop();
  };
}

/**
 * Gives the sender as the router authenticated it, and what it says. Undefined when the bytes are
 * no message of ours.
 */
function readRouted(bytes: Uint8Array): { from: Address; body: Body } | undefined {
  const { from, payload } = parseExact(RoutedMessageSchema, bytes) ?? {};
  const body = payload && parseExact(EnvelopeSchema, payload)?.body;
  return from === undefined || from.partyId === "" || body?.case === undefined ? undefined : { from, body };
}

async function receive(options: InboxOptions, from: Address, body: Body): Promise<Verdict> {
  if (body.case === "holdingReport") return receiveReport(options, from, body.case, body.value.holding);
  if (body.case === "backupReport") return receiveReport(options, from, body.case, body.value.backup);
  if (body.case === "importRecipientReport") {
    const refusal = options.senders.refusal(from.partyId, undefined);
    const take = () => takeImportRecipient(options.holdings, options.nowMs(), from.partyId, body.value);
    return refusal ?? refusing(options, from, body.case, {}, take);
  }
  if (body.case === "exportReport") {
    const refusal = options.senders.refusal(from.partyId, undefined);
    return refusal ?? refusing(options, from, body.case, {}, () => takeRelease(options.holdings, from.partyId, body.value));
  }
  if (!("sessionId" in body.value)) return "unheard";
  const { sessionId } = body.value;
  // The database refuses such an id, and the message would come back until its attempts are used
  // up.
  if (!sessionIdForm.test(sessionId)) return "malformed";
  const refusal = options.senders.refusal(from.partyId, options.sessions.known(sessionId));
  if (refusal !== undefined) return refusal;
  const make = commandOf(options, from, body);
  if (make === undefined) return "unheard";
  return refusing(options, from, body.case, { session_id: sessionId }, async () => {
    const { events } = await options.sessions.run(sessionId, make);
    return events.length > 0;
  });
}

async function receiveReport(
  options: InboxOptions,
  from: Address,
  kind: "holdingReport" | "backupReport",
  statement: Signed | undefined,
): Promise<Verdict> {
  const about = kind === "holdingReport" ? "holding" : "backup";
  const refusal = options.senders.refusal(from.partyId, undefined);
  return (
    refusal ??
    refusing(options, from, kind, {}, async () => {
      if (await takeReport(options.holdings, from.partyId, about, statement)) return true;
      return about === "holding" && takeRepaired(options, from.partyId, statement);
    })
  );
}

/** What is wrong with a message itself is logged, and the message is dropped. */
async function refusing(
  { seldom, logger }: InboxOptions,
  { partyId }: Address,
  kind: string,
  facts: object,
  take: () => Promise<boolean>,
): Promise<Verdict> {
  try {
    return (await take()) ? "applied" : "unheard";
  } catch (error) {
    const known = asCovaultError(error);
    if (known === undefined || known.kind === "io" || known.kind === "bug") throw error;
    const times = seldom(`${partyId} ${kind}`);
    if (times !== undefined) logger.warn({ err: error, ...facts, party_id: partyId, kind, times }, "message refused");
    return "refused";
  }
}

function commandOf(options: InboxOptions, from: Address, body: Body): MakeCommand | undefined {
  const { partyId } = from;
  switch (body.case) {
    case "join":
      return (state) => joinCommand(options.tokens, state, from, body.value);
    case "decline": {
      const { attempt, joinToken, code, message } = body.value;
      return async (state) => {
        const running = ofAttempt(state, attempt);
        const invitation = { sessionId: body.value.sessionId, partyId, attempt, rid: running?.rid ?? "" };
        if (running === undefined || !(await options.tokens.verify(joinToken, invitation))) return undefined;
        const { culprits, consequence } = heldAgainst(state, running, partyId, { kind: body.case, ...body.value });
        const burned = consequence === "burn" ? culprits : [];
        return { type: "Decline", data: { partyId, attempt, code: codeOf(code), message: textOf(message), burned } };
      };
    }
    case "progress":
      return (state) => {
        const { attempt, rid, round, accusation } = body.value;
        const running = ofAttempt(state, attempt, rid);
        if (running === undefined) return undefined;
        if (accusation === undefined) return { type: "Progress", data: { partyId, attempt, round } };
        const held = heldAgainst(state, running, partyId, { kind: body.case, code: "coordinator/no-progress", accusation });
        return { type: "Wait", data: { partyId, attempt, round: held.round, missing: held.culprits } };
      };
    case "aborted":
      return (state) => {
        const { attempt, rid, round, code } = body.value;
        const running = ofAttempt(state, attempt, rid);
        if (running === undefined) return undefined;
        const { culprits, consequence } = heldAgainst(state, running, partyId, { kind: body.case, ...body.value });
        const data = { partyId, attempt, round: Math.min(round, 255), code: codeOf(code), culprits, consequence };
        return { type: "Abort", data };
      };
    case "result":
      return (state) => reportCommand(state, partyId, body.value);
    case "acknowledged": {
      const { ack } = body.value;
      return (state) =>
        ack === undefined || ack.signer !== partyId ? undefined : acknowledgement(options.chains, state, ack, options.logger);
    }
    case "committed": {
      const { certificate, earlier } = body.value;
      return async (state) => {
        if (certificate === undefined) return undefined;
        for (const each of earlier) await takeEarlier(options, each, body.value.sessionId);
        if (state.plan === undefined) {
          await options.chains.take(certificate);
          return undefined;
        }
        const { intentId } = state.plan;
        if (state.certificate !== undefined || !isConcerned(state.plan, partyId)) return undefined;
        return { type: "Commit", data: { certificate: await options.chains.verified(certificate, fromHex(intentId)) } };
      };
    }
    case "pairAcknowledged": {
      const { ack } = body.value;
      return (state) =>
        ack === undefined || ack.signer !== partyId ? undefined : pairAcknowledgement(options.chains, state, ack, options.logger);
    }
    case "pairCommitted": {
      const { certificate } = body.value;
      return async (state) => {
        if (certificate === undefined) return undefined;
        const { plan } = state;
        if (plan === undefined || kinds[plan.kind].ends !== "pair") {
          await options.chains.takePair(certificate);
          return undefined;
        }
        if (state.pairCertificate !== undefined || !isConcerned(plan, partyId)) return undefined;
        return { type: "CommitPair", data: { pair: await options.chains.verifiedPair(certificate, fromHex(plan.intentId)) } };
      };
    }
    case "pairRequest":
      return async (state) => {
        await answerPairRequest(options, state, from);
        return undefined;
      };
    case "certificateRequest": {
      const { epoch } = body.value;
      return async (state) => {
        await answerRequest(options, state, from, hex(epoch));
        return undefined;
      };
    }
    default:
      return undefined;
  }
}

/**
 * Keeps a certificate that leads to the one that is shown. Where its session is known here, it
 * completes. A chain ascends, so that no two sessions wait for each other.
 */
async function takeEarlier({ chains, sessions }: InboxOptions, certificate: Certificate, shownFor: string): Promise<void> {
  const { sessionId, committed } = await chains.take(certificate);
  if (sessionId === shownFor) return;
  await sessions.run(sessionId, ({ plan, certificate: own }) =>
    plan?.continues === undefined || own !== undefined ? undefined : { type: "Commit", data: { certificate: committed } },
  );
}

/** The attempt in flight, if the message speaks of that one. */
function ofAttempt(state: SessionState, attempt: number, rid?: Uint8Array) {
  const running = inFlight(state);
  return running?.attempt === attempt && (rid === undefined || running.rid === hex(rid)) ? running : undefined;
}

function reportCommand(state: SessionState, partyId: string, value: Extract<Body, { case: "result" }>["value"]): Command | undefined {
  if (state.plan === undefined || kinds[state.plan.kind].ends !== "signature" || isTerminal(state)) return undefined;
  const [signature = new Uint8Array(), ...others] = value.signatures;
  const verified = others.length === 0 && isSignatureOf(storedIntent(state.intent), state.plan, signature);
  if (!verified && ofAttempt(state, value.attempt, value.rid) === undefined) return undefined;
  return { type: "Report", data: { partyId, attempt: value.attempt, signature: hex(signature), verified } };
}

/**
 * Sends what leads on from `epoch` (hex), the one that the asker has. A session that signs sends
 * what leads to the epoch that it signs with. An asker that has the session's epoch gets what leads
 * on to the key's.
 */
async function answerRequest(options: InboxOptions, state: SessionState, from: Address, epoch: string): Promise<void> {
  if (state.plan === undefined || !isConcerned(state.plan, from.partyId)) return;
  const to = { partyId: from.partyId, instanceId: from.instanceId };
  const key = state.certified ?? epochOfPlan(state.plan);
  if (key !== undefined) await options.publish([{ ...to, say: { kind: "onward", key, from: epoch } }], state);
  else if (state.abandonment !== undefined)
    await options.publish([{ ...to, say: { kind: "abandoned", abandonment: state.abandonment } }], state);
}

/** Sends the pair certificate, or else what the other end has acknowledged (dkls23-spec 7.1). */
async function answerPairRequest(options: InboxOptions, state: SessionState, from: Address): Promise<void> {
  if (state.plan === undefined || kinds[state.plan.kind].ends !== "pair" || !isConcerned(state.plan, from.partyId)) return;
  const to = { partyId: from.partyId, instanceId: from.instanceId };
  const own = state.plan.seats.find(({ partyId }) => partyId === from.partyId)?.shareIndex;
  const others = Object.values(state.acks).flatMap((acks) => Object.entries(acks).filter(([index]) => Number(index) !== own));
  const says =
    state.pairCertificate === undefined
      ? others.map(([, ack]) => ({ ...to, say: { kind: "pairAcknowledged" as const, ack } }))
      : [{ ...to, say: { kind: "pairCommitted" as const, certificate: state.pairCertificate } }];
  await options.publish(says, state);
}

/**
 * Bounds a party's words and takes out what a terminal or a database would trip over. They go into
 * events and answers.
 */
function textOf(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, " ").slice(0, 200);
}
function codeOf(text: string): string {
  return /^[a-z0-9-]{1,32}\/[a-z0-9-]{1,64}$/.test(text) ? text : "coordinator/declined";
}
