// This file is a coordinator made by hand: a real HTTP server that speaks the contract, keeps its
// sessions in memory, and lies where a test asks.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { errorBodyOf, statusOf } from "@covault/api";
import { routes, type Session } from "@covault/api/coordinator";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import { type Api, serveRoutes } from "@covault/service-kit/http";
import { foundingOf, keyIdOf, kindOf, type SchemeName, type SigningTerms, signingTerms } from "@covault/trust";
import { type Intent, IntentSchema, type Signed, SignedSchema } from "@covault/wire";
import Fastify, { type FastifyReply } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import {
  type AskedExport,
  backupOf,
  certificate,
  chainOf,
  continued,
  factsOf,
  holdingOf,
  type JointKey,
  jointKey,
  pairCertificate,
  parties,
  recipientOf,
  releaseOf,
  repairedHolding,
  signature,
} from "./trust.ts";

export const coordinatorKey = "coordinator-key-of-the-tests";

type SessionError = { readonly code: string; readonly message: string; readonly parties?: readonly string[] };
interface FakeSession {
  readonly signedIntent: Uint8Array;
  readonly intent: Intent;
  status: Session["status"];
  result: Session["result"];
  error: SessionError | null;
  opened: number;
}

export interface Behaviour {
  /** The candidates that it names. Its answer also says which parties are absent. */
  candidates: readonly string[];
  absent: readonly string[];
  /**
   * Gives the certificate for a keygen, or undefined when there is none yet. It throws nothing,
   * because a lie is just bytes.
   */
  keygen: (signedIntent: Uint8Array, key: JointKey) => Uint8Array | undefined;
  /** Gives the signature for what an intent asks for, or undefined when there is none yet. */
  sign: (terms: SigningTerms, key: JointKey) => Uint8Array | undefined;
  /**
   * Gives the certificate for an intent that continues a key, or undefined when there is none yet.
   */
  continues: (signedIntent: Uint8Array, key: JointKey) => Uint8Array | undefined;
  /**
   * Gives the pair certificate for an intent that renews a pair, the error that it ends with, or
   * undefined when there is neither.
   */
  renews: (signedIntent: Uint8Array) => Uint8Array | SessionError | undefined;
  /** Gives what the receiver of a repair says at its end, or undefined when it says nothing. */
  repairs: (signedIntent: Uint8Array) => Uint8Array | undefined;
  /** The pairs that a signature waits for. While there are any, none is made. */
  needsPairs: readonly (readonly number[])[];
  /** Sessions that continue a key and have no certificate are staged, and not open. */
  staged: boolean;
  /** Gives what a party says that it has sealed, or undefined when it does not answer. */
  seals: (partyId: string, asked: { keyId: Uint8Array; nonce: Uint8Array; certificate: Uint8Array }) => Signed | undefined;
  /** Gives what a party says that it holds, or undefined when it does not answer. */
  holds: (partyId: string, asked: { keyId: Uint8Array; nonce: Uint8Array; certificate: Uint8Array }) => Signed | undefined;
  /** Gives what a party answers to an export, or undefined when it does not answer. */
  releases: (partyId: string, asked: AskedExport) => Signed | undefined;
  /** Gives the key that a party gives for an import, or undefined when it does not answer. */
  recipients: (partyId: string, nonce: Uint8Array) => Signed | undefined;
  /** What happens while the holders are asked. */
  meanwhile: () => Promise<void>;
  /** The error that every new session ends with, instead of a result. */
  fail: SessionError | undefined;
  /** The answer to every new session. */
  refuses: { readonly status: number; readonly code: ErrorCode } | undefined;
  /**
   * Answers every request with this status, as something that is not there would. 502 comes with a
   * page, as the proxy before it would answer.
   */
  down: number | undefined;
  /** The text of a header of such an answer, in seconds. */
  retryAfter?: string | undefined;
  /** Answers abandonments as if it were not there. */
  losesAbandonments: boolean;
}

export interface FakeCoordinator {
  readonly url: string;
  readonly behaviour: Behaviour;
  readonly sessions: Map<string, FakeSession>;
  readonly abandoned: Map<string, Uint8Array>;
  /** The method and path of every request, in order. */
  readonly seen: string[];
  /** Gives the joint key that a keygen made, by its session. */
  readonly keyOf: (sessionId: string) => JointKey;
  /** The certificates of each key by its id in hex, the founding one first. A test may add some. */
  readonly chains: Map<string, Uint8Array[]>;
  /** Completes or fails what was left running. */
  readonly finish: () => void;
  /** Stops the server, after the requests that it holds were released. */
  readonly stop: () => Promise<void>;
}

export function honest(): Behaviour {
  return {
    candidates: parties.map(({ id }) => id),
    absent: [],
    keygen: (signedIntent, key) => certificate(signedIntent, key),
    sign: (terms, key) => signature(key, terms),
    continues: (signedIntent, key) => continued(signedIntent, key),
    renews: (signedIntent) => pairCertificate(signedIntent),
    repairs: (signedIntent) => repairedHolding(signedIntent),
    needsPairs: [],
    staged: false,
    holds: (partyId, asked) => holdingOf(partyId, asked),
    releases: (partyId, asked) => releaseOf(partyId, asked),
    recipients: (partyId, nonce) => recipientOf(partyId, nonce),
    seals: (partyId, asked) => backupOf(partyId, asked),
    meanwhile: async () => {},
    fail: undefined,
    refuses: undefined,
    down: undefined,
    retryAfter: undefined,
    losesAbandonments: false,
  };
}

function viewOf(
  id: string,
  { intent: { action, tenantId, accountId }, status, result, error }: FakeSession,
  needsPairs: Behaviour["needsPairs"],
): Session {
  const { members } = foundingOf({ action }) ?? (action.case === "refresh" ? action.value : { members: [] });
  const named = members.map(({ partyId }) => partyId);
  const then = "2026-01-01T00:00:00.000Z";
  return {
    session_id: id,
    kind: kindOf({ action }) as Session["kind"],
    status,
    tenant_id: tenantId,
    account_id: accountId,
    threshold_t: 2,
    threshold_n: 3,
    parties: named.map((party_id, at) => ({ party_id, share_index: at + 1, state: "joined", round: 0 })),
    awaited: action.case === "refresh" && status === "open" ? ["server-party-3"] : [],
    needs_pairs: action.case === "sign" && status === "open" ? needsPairs.map((pair) => [...pair]) : [],
    attempt: 1,
    version: 1,
    created_at: then,
    updated_at: then,
    deadline: then,
    result,
    error: error && { hint: "", ...error },
  };
}

export async function fakeCoordinator(): Promise<FakeCoordinator> {
  const behaviour = honest();
  const sessions = new Map<string, FakeSession>();
  const abandoned = new Map<string, Uint8Array>();
  const seen: string[] = [];
  const keysById = new Map<string, { readonly key: JointKey; readonly chain: Uint8Array }>();
  const chains = new Map<string, Uint8Array[]>();
  const waiting = new Set<() => void>();
  const keyOf = (sessionId: string): JointKey => {
    const intent = sessions.get(sessionId)?.intent;
    const scheme = (intent && foundingOf(intent)?.scheme) ?? "ecdsa-secp256k1";
    return jointKey(intent?.action.case === "import" ? "imported" : sessionId, scheme as SchemeName);
  };
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

  function work(session: FakeSession): void {
    if (session.status === "completed" || session.status === "failed") return;
    const { action } = session.intent;
    if (behaviour.fail) {
      session.status = "failed";
      session.error = behaviour.fail;
    } else if (foundingOf({ action })) {
      const { sessionId } = session.intent;
      const [key, chain] = [keyOf(sessionId), action.case === "import" ? action.value.chain : chainOf(sessionId)];
      keysById.set(Buffer.from(keyIdOf(key.scheme, key.publicKey, chain)).toString("hex"), { key, chain });
      const made = behaviour.keygen(session.signedIntent, key);
      if (made) {
        Object.assign(session, { status: "completed", result: { certificate: base64(made) } });
        chains.set(Buffer.from(keyIdOf(key.scheme, key.publicKey, chain)).toString("hex"), [made]);
      }
    } else if (action.case === "refresh") {
      const name = Buffer.from(action.value.keyId).toString("hex");
      const made = behaviour.continues(session.signedIntent, keysById.get(name)?.key ?? keyOf(""));
      session.status = behaviour.staged ? "staged" : "open";
      if (made) {
        Object.assign(session, { status: "completed", result: { certificate: base64(made) } });
        chains.get(name)?.push(made);
      }
    } else if (action.case === "renew") {
      const made = behaviour.renews(session.signedIntent);
      session.status = behaviour.staged ? "staged" : "open";
      if (made && "code" in made) Object.assign(session, { status: "failed", error: made });
      else if (made) Object.assign(session, { status: "completed", result: { pair_certificate: base64(made) } });
    } else if (action.case === "repair") {
      const made = behaviour.repairs(session.signedIntent);
      session.status = "open";
      if (made) Object.assign(session, { status: "completed", result: { holding: base64(made) } });
    } else if (action.case === "sign" && behaviour.needsPairs.length > 0) session.status = "open";
    else if (action.case === "sign") {
      const { key, chain } = keysById.get(Buffer.from(action.value.keyId).toString("hex")) ?? { key: keyOf(""), chain: chainOf("") };
      const made = behaviour.sign(signingTerms(action.value, { ...key, chain }), key);
      if (made) Object.assign(session, { status: "completed", result: { signature: Buffer.from(made).toString("hex") } });
    }
  }

  // A client that gave up a request may have left a connection on which nothing was ever asked.
  // Closing waits for no such connection.
  const app = Fastify({ forceCloseConnections: true }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const refuse = (reply: FastifyReply, code: ErrorCode, status = statusOf(code)) =>
    reply.code(status).send(errorBodyOf({ code, message: "no", status, requestId: "req_fake" }));
  app.setErrorHandler((error, _request, reply) => {
    const code = asCovaultError(error)?.code;
    if (code === undefined) throw error;
    return refuse(reply, code, behaviour.refuses?.code === code ? behaviour.refuses.status : undefined);
  });
  app.addHook("onRequest", async (request, reply) => {
    seen.push(`${request.method} ${request.url.split("?")[0]}`);
    if (request.headers["x-api-key"] !== coordinatorKey) return refuse(reply, "http/unauthorized");
    if (behaviour.down === 502) return reply.code(502).type("text/html").send("<html>Bad gateway</html>");
    if (behaviour.retryAfter !== undefined) reply.header("retry-after", behaviour.retryAfter);
    if (behaviour.down !== undefined) return refuse(reply, "http/unavailable", behaviour.down);
  });
  const found = (id: string): FakeSession => {
    const session = sessions.get(id);
    if (session === undefined) throw new CovaultError("coordinator/unknown-session", "unknown");
    return session;
  };
  /** The highest certificate of a key, and what leads on to it from an epoch, as a tree has it. */
  function leadingOn(keyId: string, from: string): { readonly last: Uint8Array; readonly certificates: readonly Uint8Array[] } {
    const all = [...(chains.get(keyId) ?? [])].sort((a, b) => factsOf(a).epochNumber - factsOf(b).epochNumber);
    const last = all.at(-1);
    if (last === undefined) throw new CovaultError("coordinator/unknown-key", "unknown");
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
    const pathTo = (end: Uint8Array): readonly Uint8Array[] => {
      const before = all.find((one) => hex(factsOf(one).epoch) === hex(factsOf(end).oldEpoch));
      return before === undefined ? [end] : [...pathTo(before), end];
    };
    const known = all.find((one) => hex(factsOf(one).epoch) === from);
    const [chain, held] = [pathTo(last), known === undefined ? [] : pathTo(known)];
    return { last, certificates: chain.filter((one, at) => one !== held[at]) };
  }
  const { openSession, getSession, listSessionEvents, abandonSession, abortSession, listCandidates } = routes;
  const { askHoldings, askBackups, askExports, askImportRecipients } = routes;
  const ofSessions = { openSession, getSession, listSessionEvents, abandonSession, abortSession, listCandidates };
  const used = { ...ofSessions, askHoldings, askBackups, askExports, askImportRecipients };
  serveRoutes(app as unknown as Api, used, {
    listCandidates: async ({ query: { count } }) => ({
      candidates: behaviour.candidates.slice(0, count).map((party_id) => ({ party_id, role: "persistent", load: 0 })),
      absent: behaviour.absent,
    }),
    askHoldings: async ({ body }) => {
      await behaviour.meanwhile();
      const { last, certificates } = leadingOn(body.key_id, body.epoch);
      const [keyId, nonce] = [body.key_id, body.nonce].map((text) => new Uint8Array(Buffer.from(text, "hex")));
      const asked = [...new Set([...factsOf(last).members.map(({ partyId }) => partyId), ...body.parties])];
      const question = { keyId: keyId as Uint8Array, nonce: nonce as Uint8Array, certificate: last };
      const said = asked.map((partyId) => [partyId, behaviour.holds(partyId, question)] as const);
      return {
        holdings: said.flatMap(([, holding]) => (holding === undefined ? [] : [base64(toBinary(SignedSchema, holding))])),
        asked,
        absent: said.flatMap(([partyId, holding]) => (holding === undefined ? [partyId] : [])),
        certificates: certificates.map(base64),
      };
    },
    askExports: async ({ body }) => {
      if (behaviour.refuses !== undefined) throw new CovaultError(behaviour.refuses.code, "no");
      await behaviour.meanwhile();
      const signedIntent = new Uint8Array(Buffer.from(body.intent, "base64"));
      const { action } = fromBinary(IntentSchema, fromBinary(SignedSchema, signedIntent).body);
      const keyId = action.case === "export" ? Buffer.from(action.value.keyId).toString("hex") : "";
      const certificate = leadingOn(keyId, "").last;
      const question = { signedIntent, key: keysById.get(keyId)?.key ?? keyOf(""), certificate };
      const asked = factsOf(certificate).members.map(({ partyId }) => partyId);
      const said = asked.map((partyId) => [partyId, behaviour.releases(partyId, question)] as const);
      return {
        releases: said.flatMap(([, release]) => (release === undefined ? [] : [base64(toBinary(SignedSchema, release))])),
        asked,
        absent: said.flatMap(([partyId, release]) => (release === undefined ? [partyId] : [])),
      };
    },
    askImportRecipients: async ({ body }) => {
      const nonce = new Uint8Array(Buffer.from(body.nonce, "hex"));
      const said = body.parties.map((partyId) => behaviour.recipients(partyId, nonce));
      return {
        recipients: said.flatMap((one) => (one === undefined ? [] : [base64(toBinary(SignedSchema, one))])),
        asked: body.parties,
        absent: body.parties.filter((_, at) => said[at] === undefined),
      };
    },
    askBackups: async ({ body }) => {
      const { last, certificates } = leadingOn(body.key_id, body.epoch);
      const [keyId, nonce] = [body.key_id, body.nonce].map((text) => new Uint8Array(Buffer.from(text, "hex")));
      const asked = factsOf(last).members.map(({ partyId }) => partyId);
      const question = { keyId: keyId as Uint8Array, nonce: nonce as Uint8Array, certificate: last };
      const said = asked.map((partyId) => [partyId, behaviour.seals(partyId, question)] as const);
      return {
        backups: said.flatMap(([, backup]) => (backup === undefined ? [] : [base64(toBinary(SignedSchema, backup))])),
        asked,
        absent: said.flatMap(([partyId, backup]) => (backup === undefined ? [partyId] : [])),
        certificates: certificates.map(base64),
      };
    },
    openSession: async ({ body }) => {
      if (behaviour.refuses !== undefined) throw new CovaultError(behaviour.refuses.code, "no");
      const signedIntent = new Uint8Array(Buffer.from(body.intent, "base64"));
      const standing = sessions.get(body.session_id);
      if (standing && !Buffer.from(standing.signedIntent).equals(signedIntent))
        throw new CovaultError("coordinator/session-exists", "another intent");
      const intent = fromBinary(IntentSchema, fromBinary(SignedSchema, signedIntent).body);
      const session: FakeSession = standing ?? { signedIntent, intent, status: "running", result: null, error: null, opened: 0 };
      session.opened++;
      sessions.set(body.session_id, session);
      work(session);
      return { session_id: body.session_id, status: session.status };
    },
    getSession: async ({ params: { id }, query: { wait_ms: waitMs } }) => {
      const session = found(id);
      // The pairs that it waits for may have been made anew.
      const waits = session.intent.action.case === "sign" && session.status === "open";
      if (waits) work(session);
      if (!waits && (session.status === "running" || session.status === "open") && waitMs > 0)
        await new Promise<void>((done) => {
          waiting.add(done);
        });
      return viewOf(id, session, behaviour.needsPairs);
    },
    abortSession: async ({ params: { id } }) => {
      const session = found(id);
      const error = { code: "coordinator/aborted", message: "A caller aborted the session." };
      if (session.status !== "completed") Object.assign(session, { status: "failed", error });
      return viewOf(id, session, []);
    },
    listSessionEvents: async ({ params: { id } }) => ({
      events: sessions.has(id) ? [{ seq: 1, type: "SessionOpened", at: "2026-01-01T00:00:00.000Z", data: { session_id: id } }] : [],
    }),
    abandonSession: async ({ params: { id }, body }) => {
      if (behaviour.losesAbandonments) throw new CovaultError("http/unavailable", "down");
      abandoned.set(id, new Uint8Array(Buffer.from(body.abandonment, "base64")));
      return viewOf(id, found(id), []);
    },
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const release = (): void => {
    for (const done of waiting) done();
    waiting.clear();
  };
  return {
    url,
    behaviour,
    sessions,
    abandoned,
    seen,
    keyOf,
    chains,
    finish: () => {
      for (const session of sessions.values()) work(session);
      release();
    },
    stop: async () => {
      release();
      await app.close();
    },
  };
}
