// Three server parties, a router and a coordinator, as a process has them, and an initiator that
// asks for keys and signatures.
import { randomBytes } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { evmAddress } from "@covault/chains";
import { identityKeyFromSeed, signStatement } from "@covault/channel";
import type { Generation } from "@covault/party";
import { workerPool } from "@covault/party-node";
import { type Broker, inProcessBroker, memoryPresence } from "@covault/service-kit/messages";
import { type Logger, makeLogger } from "@covault/service-kit/run";
import type { Database } from "@covault/service-kit/sql";
import { defaultScheme, LiveRoster, type SchemeName, verifyCertificate } from "@covault/trust";
import { IntentSchema, RosterSchema, SignedSchema, signatureTags } from "@covault/wire";
import { embeddedDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { type CoordinatorConfig, startCoordinator } from "../../coordinator/src/start.ts";
import { startRouter } from "../../router/src/start.ts";
import { type ServerParty, type ServerPartyConfig, startServerParty } from "../src/start.ts";

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
export const partyIds = ["server-party-1", "server-party-2", "server-party-3"];
const seedOf = (partyId: string): Uint8Array => seed(20 + partyIds.indexOf(partyId));
const identities = new Map(partyIds.map((id) => [id, identityKeyFromSeed(seedOf(id))]));
const root = identityKeyFromSeed(seed(1));
const initiator = identityKeyFromSeed(seed(2));
const apiKey = "an-api-key-for-tests";
export const masterKey = seed(9);
/** A machine that does much beside makes a key within this time, in milliseconds. */
const sessionWithinMs = 25_000;

const initiators = [{ initiatorId: "account", key: initiator.publicKey, tenants: [], kinds: [] }];
const rosterBody = toBinary(
  RosterSchema,
  create(RosterSchema, {
    version: 1,
    serial: 1n,
    parties: partyIds.map((partyId) => ({ partyId, idpk: identities.get(partyId)?.publicKey as Uint8Array, role: "persistent" })),
    initiators,
  }),
);
const roster = {
  signed: toBinary(SignedSchema, signStatement(root, signatureTags.roster, "root", rosterBody)),
  rootKey: root.publicKey,
};

interface SessionView {
  readonly status: string;
  readonly parties: readonly { readonly party_id: string; readonly state: string }[];
  readonly result: { readonly certificate?: string; readonly signature?: string } | null;
  readonly error: { readonly code: string } | null;
  readonly attempt: number;
}
export interface Key {
  readonly scheme: SchemeName;
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: string;
  readonly sessionId: string;
}
export interface PartyPlace {
  readonly partyId: string;
  readonly identitySeed: Uint8Array;
  readonly streamUrl: string;
  readonly roster: { readonly signed: Uint8Array; readonly rootKey: Uint8Array };
}
export interface System {
  readonly database: Database;
  readonly logLines: string[];
  readonly parties: Map<string, ServerParty>;
  /** Gives what a party needs that starts somewhere else. */
  placeOf(partyId: string): PartyPlace;
  startParty(partyId: string, config?: Partial<ServerPartyConfig>, generation?: Generation): Promise<ServerParty>;
  keygen(scheme?: SchemeName): Promise<Key>;
  /**
   * Signs and waits for the end of the session. All of the signers are required unless `required`
   * says otherwise.
   */
  sign(key: Key, digest: Uint8Array, signers: readonly string[], lifeMs?: number, required?: readonly string[]): Promise<SessionView>;
  /** Gives the burns that GET /api/v1/parties of the coordinator answers with. */
  burns(): Promise<readonly object[]>;
  stop(): Promise<void>;
}

const live = (): LiveRoster => new LiveRoster(roster.signed, roster.rootKey);

export interface SystemOptions {
  /** Stands between the router and everybody, and may drop what it likes. */
  readonly brokerOver?: (broker: Broker) => Broker;
  readonly limits?: CoordinatorConfig["limits"] & object;
  /** Default: PostgreSQL in the process. */
  readonly database?: Database;
}

export async function startSystem({ brokerOver = (broker) => broker, limits = {}, database: given }: SystemOptions = {}): Promise<System> {
  const logLines: string[] = [];
  const logger: Logger = makeLogger({ name: "test", level: "debug", destination: { write: (line: string) => void logLines.push(line) } });
  const database = given ?? (await embeddedDatabase());
  const broker = brokerOver(inProcessBroker());
  const presence = memoryPresence();
  const router = await startRouter({ config: { port: 0 }, roster: live(), broker, presence, logger });
  const config = { port: 0, apiKey, jwtSecret: "a-secret-for-join-tokens-in-tests", tickMs: 20, limits };
  const coordinator = await startCoordinator({ config, database, roster: live(), broker, presence, logger });
  const parties = new Map<string, ServerParty>();
  // One pool for all, as `covault start` has it: to start threads anew for each start of a party
  // takes most of its time.
  const runner = workerPool();

  async function startParty(partyId: string, over: Partial<ServerPartyConfig> = {}, generation?: Generation): Promise<ServerParty> {
    const identity = identities.get(partyId);
    if (identity === undefined) throw new RangeError(`no party ${partyId}`);
    const partyConfig = { partyId, identity, routerUrl: router.url, masterKey, ...over };
    const given = generation === undefined ? {} : { generation };
    const party = await startServerParty({ config: partyConfig, database, roster: live(), logger, runner, ...given });
    parties.set(partyId, party);
    return party;
  }
  async function call<T = SessionView>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { "x-api-key": apiKey, ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const response = await fetch(`${coordinator.url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
  async function run(
    sessionId: string,
    action: NonNullable<Parameters<typeof create<typeof IntentSchema>>[1]>["action"],
    lifeMs: number,
  ): Promise<SessionView> {
    const now = BigInt(Date.now());
    const head = {
      version: 1,
      tenantId: "default",
      initiatorId: "account",
      accountId: "acc_1",
      issuedAtMs: now,
      expiresAtMs: now + BigInt(lifeMs),
    };
    const intent = create(IntentSchema, { ...head, sessionId, action: action as never });
    const signed = signStatement(initiator, signatureTags.intent, "account", toBinary(IntentSchema, intent));
    await call("POST", "/api/v1/sessions", {
      session_id: sessionId,
      intent: Buffer.from(toBinary(SignedSchema, signed)).toString("base64"),
    });
    const deadline = performance.now() + sessionWithinMs;
    for (;;) {
      const session = await call("GET", `/api/v1/sessions/${sessionId}?wait_ms=20000`);
      if (session.status !== "running" || performance.now() > deadline) return session;
    }
  }
  return {
    database,
    logLines,
    parties,
    placeOf: (partyId) => ({ partyId, identitySeed: seedOf(partyId), streamUrl: router.streamUrl, roster }),
    startParty,
    async keygen(scheme = defaultScheme) {
      const sessionId = `ses_${randomBytes(8).toString("hex")}`;
      const members = partyIds.map((partyId, at) => ({
        partyId,
        shareIndex: at + 1,
        idpk: identities.get(partyId)?.publicKey as Uint8Array,
        role: "persistent",
      }));
      const value = { scheme, threshold: 2, members, initiators: ["account"], custody: "server" };
      const session = await run(sessionId, { case: "keygen", value } as never, 60_000);
      if (session.status !== "completed") throw new Error(`keygen: ${JSON.stringify(session.error)}`);
      const bytes = Buffer.from(session.result?.certificate ?? "", "base64");
      const { keyId, epoch, publicKey } = verifyCertificate(new Uint8Array(bytes), {
        keysOf: () => [initiator.publicKey],
        intentId: "any",
      });
      const address = scheme === defaultScheme ? evmAddress(publicKey) : "";
      return { scheme, keyId, epoch, publicKey, address, sessionId };
    },
    async burns() {
      return (await call<{ burns: object[] }>("GET", "/api/v1/parties")).burns;
    },
    sign({ scheme, keyId, publicKey }, digest, signers, lifeMs = 60_000, required = signers) {
      const value = {
        keyId,
        publicKey,
        scheme,
        message: digest,
        eligible: [...signers],
        required: [...required],
      };
      return run(`ses_${randomBytes(8).toString("hex")}`, { case: "sign", value } as never, lifeMs);
    },
    async stop() {
      for (const party of parties.values()) await party.stop();
      await runner.close();
      await coordinator.stop();
      await router.stop();
      await broker.close();
      await database.close();
    },
  };
}
