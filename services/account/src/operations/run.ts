// This file is the life of every operation, whatever its kind. Its intent is signed and stored,
// opened at the coordinator, and followed to its end. What it gave is verified and stored. Each
// step can be repeated by another request, by another replica, or after a crash.
import { statusOf } from "@covault/api";
import type { SessionResult } from "@covault/api/account";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import { compareEpochs, kinds, schemeOf } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import { type AwaitMode, awaitSession, type Ending } from "../coordinator/await-session.ts";
import { sessionFailed, storedFailure } from "../coordinator/failure.ts";
import type { Actor, EventFrame } from "../events/event.ts";
import { accountChanged, accountCreated, keyChangedWithin, keyContinued, sessionEnded, sessionOpened } from "../events/operation-events.ts";
import { once, type Scope } from "../idempotency/once.ts";
import { checkSpeaks } from "../intent/initiator.ts";
import { abandonment, signIntent } from "../intent/statements.ts";
import { type AccountKey, keyValues } from "../keys/account-key.ts";
import { certificateOf } from "../keys/certificate-facts.ts";
import type { Claim } from "../store/claims.ts";
import { alteredRow } from "../store/row-mac.ts";
import { newSession, type SessionOutcome } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import { deliverAbandonment } from "./abandonment.ts";
import { askHolders } from "./continuing.ts";
import { askForExport, exportExpired } from "./export.ts";
import { operationOf } from "./index.ts";
import type { ActiveAccount, Changes, Operation, Subject } from "./operation.ts";
import { obstaclesOf } from "./pair-obstacles.ts";
import { mayRenew } from "./pair-renewals.ts";
import { areThere, isUsable, pairsOf } from "./pair-standings.ts";
import { signersOf } from "./sign.ts";
import { findSubject, founds } from "./subject.ts";

/**
 * A session that has ended. `view` is the view of its result, where the result was verified just
 * now.
 */
export interface Ended<View = SessionResult> {
  readonly subject: Subject;
  readonly view?: View;
}

/** A request, with the caller that makes it. */
export interface Asked extends Scope {
  readonly actor: Actor;
}

/**
 * Performs an operation. `about` is the account that it is asked for, and is undefined when the
 * operation founds one.
 */
export async function perform<Request, View extends SessionResult>(
  context: AccountContext,
  operation: Operation<Request, View>,
  request: Request,
  about: ActiveAccount | undefined,
  scope: Asked,
): Promise<{ readonly subject: Subject; readonly view: View }> {
  const { tenantId, actor } = scope;
  const { subject, view } = await once<Subject, Ended>(context, scope, {
    begin: (sessionId, claim) => begin(context, operation, request, about, { tenantId, actor, sessionId, claim }),
    ...repeated(context, operation, request, tenantId),
    finish: (found, mode) => finish(context, found, mode),
  });
  const failure = failureOf(subject);
  if (failure !== undefined) throw failure;
  return { subject, view: (view as View | undefined) ?? operation.view(subject) };
}

/**
 * Begins an operation that changes a key, and does not wait for its end. Throws what `perform`
 * throws, and account/lifecycle-running while another one that changes the same is open or running.
 */
export async function launch<Request>(
  context: AccountContext,
  operation: Operation<Request>,
  request: Request,
  about: ActiveAccount,
  scope: Asked,
): Promise<Subject> {
  const { tenantId, actor } = scope;
  const subject = await once<Subject, Subject>(context, scope, {
    async begin(sessionId, claim) {
      // A request that comes again gets its session, also when it could not be made now.
      const part = operation.part?.(request) ?? "";
      // A request that comes to nothing passes nothing by.
      const intent: Operation<Request>["intent"] = async (...asked) => {
        const action = await operation.intent(...asked);
        await makeRoom(context, about, part, "pass by");
        return action;
      };
      await makeRoom(context, about, part, "look");
      return begin(context, { ...operation, intent }, request, about, { tenantId, actor, sessionId, claim });
    },
    ...repeated(context, operation, request, tenantId),
    finish: (found) => open(context, found),
  });
  const failure = failureOf(subject);
  if (failure !== undefined) throw failure;
  return subject;
}

/**
 * Brings the session before to its end, where it has one. A staged one is ended with "pass by", and
 * its certificate counts all the same when it comes. Throws account/lifecycle-running.
 */
async function makeRoom(context: AccountContext, { account, key }: ActiveAccount, part: string, staged: "look" | "pass by"): Promise<void> {
  const { store, coordinator } = context;
  const sessionId = await store.sessions.openOfKey({ keyId: key.charter.keyId, part });
  const before = sessionId === undefined ? undefined : await findSubject(context, account.tenant_id, sessionId);
  if (before === undefined || sessionId === undefined) return;
  const status = (await coordinator.session(sessionId, 0))?.status;
  if (status === "completed" || status === "failed") await finish(context, before, "attach");
  else if (status === "staged") {
    if (staged === "look") return;
    const error = sessionFailed(
      before.session.row.kind,
      sessionId,
      "the next one passes it by, since some members never said that they have what they staged",
    );
    await close(context, before, { status: "failed", error });
  } else
    throw new CovaultError("account/lifecycle-running", `The key has another session under way: ${before.session.row.kind} ${sessionId}.`, {
      facts: { session: sessionId },
    });
}

/**
 * Begins an export, and asks the holders once. One that has no end then is followed like every
 * other session. Throws what `perform` throws.
 */
export async function release<Request>(
  context: AccountContext,
  operation: Operation<Request>,
  request: Request,
  about: ActiveAccount,
  scope: Asked,
): Promise<Subject> {
  const { tenantId, actor } = scope;
  const { subject } = await once<Subject, Ended>(context, scope, {
    begin: (sessionId, claim) => begin(context, operation, request, about, { tenantId, actor, sessionId, claim }),
    ...repeated(context, operation, request, tenantId),
    finish: (found, mode) => finish(context, found, mode),
  });
  const failure = failureOf(subject);
  if (failure !== undefined) throw failure;
  return subject;
}

/** Opens a session that has no end yet, and leaves it to the coordinator. */
async function open(context: AccountContext, subject: Subject): Promise<Subject> {
  const { row } = subject.session;
  if (row.status !== "open") return subject;
  try {
    await context.coordinator.open(row.session_id, row.intent);
    return subject;
  } catch (error) {
    const refusal = asCovaultError(error);
    if (refusal?.code !== "account/coordinator-refused") throw error;
    const ended = await close(context, subject, await explained(context, subject, { status: "failed", error: refusal }));
    return ended.subject;
  }
}

const noQuorum: ErrorCode = "coordinator/no-quorum";
/** What the coordinator says of a signature that may lack pairs. */
const ofPairs: readonly ErrorCode[] = [noQuorum, "coordinator/expired"];
/** What the coordinator says of an intent that does not fit the key as it is now. */
const outdated = ["trust/bad-intent", "coordinator/superseded"] satisfies ErrorCode[];

/**
 * Gives what the coordinator's refusal means. It refuses an intent that does not fit the key as it
 * is now, which may have gone on without this service.
 */
async function explained(context: AccountContext, { account, key, session }: Subject, ending: Ending): Promise<Ending> {
  const code = ending.status === "failed" ? ending.error.facts?.coordinator_code : undefined;
  if (
    ofPairs.some((known) => known === code) &&
    kinds[session.row.kind].ends === "signature" &&
    key !== undefined &&
    schemeOf(key.charter.scheme).pairs
  )
    return advised(context, account, key, ending);
  if (code === ("coordinator/lifecycle-running" satisfies ErrorCode)) {
    const text = "Another session of the key is under way that this service does not know.";
    return { status: "failed", error: new CovaultError("account/lifecycle-running", text) };
  }
  if (key === undefined || !outdated.some((known) => known === code)) return ending;
  const now = (await askHolders(context, account, key)).key;
  // The key may have gone on with this very session.
  const own = certificateOf(now.certificates, session.intentId);
  if (own !== undefined) return { status: "completed", result: { certificate: Buffer.from(own).toString("base64") } };
  if (compareEpochs(now, key) <= 0) return ending;
  const text = `The key is in epoch ${now.epochNumber}, and this service asked for ${session.row.kind} in epoch ${key.epochNumber}.`;
  return { status: "failed", error: new CovaultError("account/key-behind", text, { facts: { session: session.row.session_id } }) };
}

/** So many pairs are told of in one message. A liar may speak of all of its pairs. */
const pairsToldMax = 4;

/** Gives a failure for pairs that are out of use, with what people can do about them. */
async function advised(context: AccountContext, account: AccountRow, key: AccountKey, ending: Ending): Promise<Ending> {
  if (ending.status !== "failed") return ending;
  const pairs = pairsOf(await askHolders(context, account, key));
  // What strikes alone have burned is made anew for the next signature.
  if (pairs.some(mayRenew)) context.renewals.behind({ account, key });
  const obstacles = await obstaclesOf(context, { account, key }, pairs);
  // The coordinator holds against a pair what neither of its ends does. Its database may be older
  // than the pair, and another certificate ends that.
  const isBehind = ending.error.facts?.coordinator_code === noQuorum && pairs.every((pair) => areThere(pair) && isUsable(pair));
  if (isBehind) context.renewals.certifyAgain({ account, key }, ending.parties ?? []);
  const told = isBehind
    ? " All holders call their pairs usable, so these are made anew for the coordinator. Ask again in a moment."
    : obstacles
        .slice(0, pairsToldMax)
        .map(({ advice }) => ` ${advice}`)
        .join("");
  if (told === "") return ending;
  const { code, message } = ending.error;
  const [, reason = message, inner = ""] = /^(.*?)( \([a-z-]+\/[a-z-]+\))?$/s.exec(message) ?? [];
  return { status: "failed", error: storedFailure(code, `${reason}${told}${inner}`) };
}

/** What a repeated request does, with the session that its idempotency key stands for. */
function repeated<Request>(context: AccountContext, operation: Operation<Request>, request: Request, tenantId: string) {
  return {
    async find(sessionId: string): Promise<Subject | undefined> {
      const found = await findSubject(context, tenantId, sessionId);
      if (found === undefined) return undefined;
      if (found.session.row.kind !== operation.kind || !operation.isOf(request, found)) throw alteredRow("idempotency", sessionId);
      return found;
    },
    // A failure may be repeated when its reason may have gone, such as absent parties.
    mayRepeat(found: Subject): boolean {
      const failure = failureOf(found);
      return failure !== undefined && statusOf(failure.code) === 503;
    },
  };
}

/**
 * Gives why a session failed, as the error that its caller gets. The session that founds an account
 * fails with the account, even after its own end.
 */
function failureOf({ account, session }: Subject): CovaultError | undefined {
  const failed = [session.row, ...(founds(session, account) ? [account] : [])].find(({ status }) => status === "failed");
  const facts = { session: session.row.session_id };
  return failed && storedFailure(failed.failure_code, failed.failure_message ?? "The session failed.", facts);
}

interface Beginning {
  readonly tenantId: string;
  readonly actor: Actor;
  readonly sessionId: string;
  readonly claim: Claim | undefined;
}

/** Stores the session. Gives undefined when the claim is another request's by now. */
async function begin<Request>(
  context: AccountContext,
  operation: Operation<Request>,
  request: Request,
  about: ActiveAccount | undefined,
  { tenantId, actor, sessionId, claim }: Beginning,
): Promise<Subject | undefined> {
  const { store, initiator, timing } = context;
  const action = await operation.intent(context, request, about?.key);
  const issuedAtMs = context.nowMs();
  // The roster may have retired the key since the start. Nothing is stored for what everybody would
  // refuse.
  checkSpeaks(context.roster(), initiator, issuedAtMs);
  const now = new Date(issuedAtMs);
  const accountId = about?.account.account_id ?? context.newId("acc");
  const frame = { tenantId, accountId, sessionId, issuedAtMs, ttlMs: operation.ttlMs(timing, request) };
  const signed = signIntent(initiator, frame, action);
  const session = newSession(signed, now);
  const founded = operation.founds && {
    ...operation.founds(request),
    account_id: accountId,
    tenant_id: tenantId,
    status: "creating" as const,
    keygen_session_id: sessionId,
    keygen_intent_id: signed.intentId,
    signing_parties: null,
    signing_required: null,
    failure_code: null,
    failure_message: null,
    version: 0,
    created_at: now,
    updated_at: now,
  };
  const account = founded ? store.accounts.seal(founded) : about?.account;
  if (account === undefined) throw new TypeError(`${operation.kind} founds no account and is asked for none`);
  const happened: EventFrame = { tenant: tenantId, actor, now };
  const opened = sessionOpened(happened, session);
  if (founded === undefined) {
    const isKept = await store.sessions.insert(session, opened, claim);
    // A kind that is abandoned when it fails makes a key of its own.
    const key = kinds[operation.kind].abandonable ? undefined : about?.key;
    return isKept ? { account, key, session } : undefined;
  }
  const isKept = await store.transaction(async (inside) => {
    if (claim !== undefined && !(await inside.claims.renew(claim))) return false;
    await inside.accounts.insert(account, accountCreated(happened, account));
    return inside.sessions.insert(session, opened, undefined);
  });
  return isKept ? { account, key: undefined, session } : undefined;
}

/**
 * Brings a session to its end, if it has none. Throws account/coordinator-…, with nothing decided,
 * when the coordinator stays away.
 */
export async function finish(context: AccountContext, subject: Subject, mode: AwaitMode): Promise<Ended> {
  if (subject.session.row.status !== "open") return { subject };
  const { account, key } = subject;
  if (kinds[subject.session.row.kind].ends === "release") return finishExport(context, subject);
  const signers = kinds[subject.session.row.kind].ends === "signature" ? signersOf(subject.session) : undefined;
  let inVain: string | undefined;
  const ending = await awaitSession(context, subject.session, mode, (pairs) => {
    if (key !== undefined && signers !== undefined)
      context.renewals.want({ account, key }, pairs, signers, (why) => {
        inVain = why;
      });
    return inVain;
  });
  const ended = await close(context, subject, inVain === undefined ? await explained(context, subject, ending) : ending);
  await deliverAbandonment(context, ended.subject.session.row);
  return ended;
}

/**
 * Asks the holders once more. An export that has no end then stays open until its intent is over.
 */
async function finishExport(context: AccountContext, { session: { row } }: Subject): Promise<Ended> {
  // The key may have gone on since it was read, while its holders were asked for the intent.
  const subject = await findSubject(context, row.tenant_id, row.session_id);
  if (subject === undefined) throw alteredRow("sessions", row.session_id);
  const isOver = row.expires_at.getTime() <= context.nowMs();
  let asked: Awaited<ReturnType<typeof askForExport>> | undefined;
  let refusal: CovaultError | undefined;
  try {
    asked = isOver ? undefined : await askForExport(context, subject);
  } catch (error) {
    refusal = asCovaultError(error);
    if (refusal?.code !== "account/coordinator-refused") throw error;
  }
  const ending: Ending | undefined =
    refusal !== undefined
      ? await explained(context, subject, { status: "failed", error: refusal })
      : isOver
        ? { status: "failed", error: exportExpired(subject.session) }
        : asked?.ending;
  if (ending === undefined) return { subject: { ...subject, releases: asked?.releases ?? [] } };
  const now = new Date(context.nowMs());
  const outcome =
    ending.status === "completed" ? ({ status: "completed", signature: null } as const) : failed(context, subject, ending.error)[1];
  await write(context, subject, {}, outcome, now);
  // Another replica may have been first, and its outcome stands.
  const found = await findSubject(context, row.tenant_id, row.session_id);
  if (found === undefined) throw alteredRow("sessions", row.session_id);
  return { subject: found };
}

/**
 * Gives the session's account once none of its keygens is open. Every keygen has ended then, and so
 * has the account's creation if it was creating.
 */
export async function untilKeysEnd(context: AccountContext, { tenant_id, account_id }: AccountRow): Promise<AccountRow> {
  const { store } = context;
  for (;;) {
    const account = await store.accounts.find(tenant_id, account_id);
    if (account === undefined) throw alteredRow("accounts", account_id);
    if (account.status !== "creating") return account;
    const open = await store.sessions.openKeygen(account_id);
    const subject = open === undefined ? undefined : await findSubject(context, tenant_id, open);
    // The keygen may have ended between the statements. A creating account without an open keygen
    // can never end, so its row was altered.
    if (subject !== undefined) await finish(context, subject, "fresh");
    else if ((await store.accounts.find(tenant_id, account_id))?.version === account.version) throw alteredRow("accounts", account_id);
  }
}

async function close(context: AccountContext, subject: Subject, ending: Ending): Promise<Ended> {
  const { row } = subject.session;
  const accepted = ending.status === "failed" ? { error: ending.error } : accept(context, subject, ending.result);
  const now = new Date(context.nowMs());
  const closed =
    "error" in accepted
      ? await write(context, subject, ...failed(context, subject, accepted.error), now)
      : await write(context, subject, accepted.changes, { status: "completed", signature: accepted.changes.signature ?? null }, now);
  if (closed !== undefined) return "error" in accepted ? { subject: closed } : { subject: closed, view: accepted.view };
  const found = await findSubject(context, row.tenant_id, row.session_id);
  if (found === undefined) throw alteredRow("sessions", row.session_id);
  // Another replica was first, and its outcome stands. Or the account was changed meanwhile for
  // another reason.
  return found.session.row.status === "open" ? close(context, found, ending) : { subject: found };
}

/**
 * Completes a session that had failed here, by a result that leaves the key as it is and came after
 * that. Anything else than such a result changes nothing.
 */
export async function completeLate(context: AccountContext, subject: Subject, result: Delivered | null): Promise<Ended> {
  const { session } = subject;
  const accepted = accept(context, subject, result);
  if ("error" in accepted) return { subject };
  const now = new Date(context.nowMs());
  const frame: EventFrame = { tenant: session.row.tenant_id, actor: { kind: "service", id: context.initiator.id }, now };
  const happened = sessionEnded(frame, session, { status: "completed", signature: null });
  const within = keyChangedWithin(frame, session);
  await context.store.transaction(async (inside) => {
    const isFirst = await inside.sessions.completeLate(session, now, happened);
    if (isFirst && within !== undefined) await inside.events.append(within);
  });
  return { subject: (await findSubject(context, session.row.tenant_id, session.row.session_id)) ?? subject };
}

/** The reasons for which an operation takes no result, however often it is delivered. */
const refusals: readonly ErrorCode[] = ["account/bad-result", "account/key-exists"];

interface Delivered {
  readonly certificate?: string;
  readonly pair_certificate?: string;
  readonly holding?: string;
  readonly signature?: string;
}
type Accepted = ReturnType<Operation<never>["accept"]> | { readonly error: CovaultError };

/**
 * Gives what the session has brought. `delivered` is the coordinator's answer. Anything other than
 * what the session was to bring counts as nothing.
 */
function accept(context: AccountContext, subject: Subject, delivered: Delivered | null): Accepted {
  const { row } = subject.session;
  const { certificate = "", pair_certificate = "", holding = "", signature = "" } = delivered ?? {};
  // What an export brings comes from its holders (export.ts), and not through its session.
  const base64 = { epoch: certificate, pair: pair_certificate, share: holding, release: "" };
  const { ends } = kinds[row.kind];
  const result = ends === "signature" ? Buffer.from(signature.replace(/^0x/, ""), "hex") : Buffer.from(base64[ends], "base64");
  try {
    return operationOf(subject.session).accept(context, subject, new Uint8Array(result));
  } catch (error) {
    const known = asCovaultError(error);
    if (known === undefined || !refusals.includes(known.code)) throw error;
    context.logger.error({ account_id: row.account_id, session_id: row.session_id }, known.message);
    return { error: known };
  }
}

/**
 * Gives what a failure changes. An account that is still creating fails with its keygen. The signed
 * abandonment, by which no party need wait, goes with it.
 */
function failed(
  { initiator, logger }: AccountContext,
  { account, session }: Subject,
  { code, message }: CovaultError,
): [Changes, SessionOutcome] {
  const outcome = { status: "failed", code, message } as const;
  const { row, intentId } = session;
  if (!kinds[row.kind].abandonable) return [{}, outcome];
  logger.warn({ account_id: row.account_id, session_id: row.session_id, code }, `${row.kind} failed`);
  const changes: Changes =
    account.status === "creating" ? { account: { status: "failed", failure_code: code, failure_message: message } } : {};
  return [changes, { ...outcome, abandonment: abandonment(initiator, row.session_id, intentId) }];
}

/**
 * Writes the changes. Gives undefined, with nothing stored, when another request changed the
 * session or its account first.
 */
async function write(
  context: AccountContext,
  subject: Subject,
  changes: Changes,
  outcome: SessionOutcome,
  now: Date,
): Promise<Subject | undefined> {
  const { store, initiator } = context;
  const { account, key, session } = subject;
  // The actor is this service, no matter which caller asked for it, because a session ends with
  // what this service verified.
  const happened: EventFrame = { tenant: session.row.tenant_id, actor: { kind: "service", id: initiator.id }, now };
  const ended = sessionEnded(happened, session, outcome);
  const { account: accountChange, key: made } = changes;
  const within = outcome.status === "completed" ? keyChangedWithin(happened, session) : undefined;
  if (within !== undefined)
    return store.transaction(async (inside) => {
      const closed = await inside.sessions.close(session, outcome, now, ended);
      if (closed !== undefined) await inside.events.append(within);
      return closed && { account, key, session: closed };
    });
  if (accountChange === undefined && made === undefined) {
    const closed = await store.sessions.close(session, outcome, now, ended);
    return closed && { account, key, session: closed };
  }
  if (accountChange === undefined && made !== undefined && key !== undefined)
    return writeEpoch(context, { ...subject, key }, made, outcome, happened);
  return store.transaction(async (inside) => {
    const changed =
      accountChange === undefined
        ? account
        : await inside.accounts.change(account, accountChange, now, accountChanged(happened, subject, changes));
    if (changed === undefined) return undefined;
    if (made !== undefined) {
      const [certificate] = made.certificates;
      if (certificate === undefined) throw new TypeError("a key has a certificate");
      await inside.keys.put(keyValues(account, made), certificate, session.row.session_id, now);
    }
    const closed = await inside.sessions.close(session, outcome, now, ended);
    // Account and session always end together.
    if (closed === undefined) throw alteredRow("sessions", session.row.session_id);
    if (changes.next !== undefined) await inside.sessions.insert(changes.next, sessionOpened(happened, changes.next), undefined);
    return { account: changed, key: made ?? key, session: closed };
  });
}

/** Undoes a transaction in which another request was first. */
class Overtaken extends Error {}

/** Writes the further epoch of a key, with the end of its session. */
async function writeEpoch(
  { store }: AccountContext,
  { account, key, session }: Subject & { readonly key: AccountKey },
  made: AccountKey,
  outcome: SessionOutcome,
  happened: EventFrame,
): Promise<Subject | undefined> {
  const { now } = happened;
  try {
    return await store.transaction(async (inside) => {
      if (!(await inside.keys.advance(keyValues(account, made), key.certificates, made.certificates, now))) throw new Overtaken();
      const closed = await inside.sessions.close(session, outcome, now, sessionEnded(happened, session, outcome));
      if (closed === undefined) throw new Overtaken();
      await inside.events.append(keyContinued(happened, account.account_id, made));
      return { account, key: made, session: closed };
    });
  } catch (error) {
    if (error instanceof Overtaken) return undefined;
    throw error;
  }
}
