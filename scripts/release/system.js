// Every service and three parties in this process, on one PostgreSQL, with the identities that the services' tests have.
import { createHash } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed, signStatement } from "../../packages/channel/dist/index.js";
import { inProcessBroker, makeLogger, memoryPresence, openDatabase } from "../../packages/service-kit/dist/index.js";
import { EnvelopeSchema, RosterSchema, RoutedMessageSchema, SignedSchema, signatureTags } from "../../packages/wire/dist/index.js";
import { startAccount } from "../../services/account/dist/index.js";
import { startCoordinator } from "../../services/coordinator/dist/index.js";
import { startRouter } from "../../services/router/dist/index.js";
import { startServerParty } from "../../services/server-party/dist/index.js";

export const partyIds = ["server-party-1", "server-party-2", "server-party-3"];
const apiKey = "api-key-of-the-tests";

/** As services/account/test/trust.ts and the tests of the fixtures derive them. */
export const seedOf = (name) => new Uint8Array(createHash("sha256").update(name).digest());
export const identityOf = (name) => identityKeyFromSeed(seedOf(`identity of ${name}`));

function signedRoster() {
  const parties = partyIds.map((partyId) => ({ partyId, idpk: identityOf(partyId).publicKey, role: "persistent" }));
  const initiators = [{ initiatorId: "account", key: identityOf("account").publicKey }];
  const body = toBinary(RosterSchema, create(RosterSchema, { version: 1, serial: 1n, parties, initiators }));
  return {
    signed: toBinary(SignedSchema, signStatement(identityOf("root"), signatureTags.roster, "root", body)),
    rootKey: identityOf("root").publicKey,
  };
}

export async function startSystem(url) {
  const logger = makeLogger({ name: "release", level: "silent" });
  const database = await openDatabase({ kind: "postgres", url, poolMax: 30 });
  const presence = memoryPresence();
  const roster = signedRoster();
  /** Set by the scenario: messages that never arrive. */
  const held = { of: (_partyId, _body) => false };
  const whole = inProcessBroker();
  const broker = {
    ...whole,
    async publish(queue, bytes, options) {
      const { from, payload } = fromBinary(RoutedMessageSchema, bytes);
      if (!held.of(from.partyId, fromBinary(EnvelopeSchema, payload).body)) await whole.publish(queue, bytes, options);
    },
  };
  const router = await startRouter({ config: { port: 0 }, roster, broker, presence, logger });
  const coordinator = await startCoordinator({
    config: {
      port: 0,
      apiKey,
      jwtSecret: "a-secret-for-join-tokens-in-tests",
      tickMs: 20,
      limits: { storedAttemptMs: 8_000 },
    },
    ...{ database, roster, broker, presence, logger },
  });
  const parties = [];
  for (const partyId of partyIds)
    parties.push(
      await startServerParty({
        config: {
          partyId,
          identity: identityOf(partyId),
          routerUrl: router.url,
          masterKey: seedOf(`master key of ${partyId}`),
          workers: 1,
        },
        ...{ database, roster, logger },
      }),
    );
  const account = await startAccount({
    config: { port: 0, apiKey, coordinatorUrl: coordinator.url },
    initiator: { id: "account", seed: seedOf("identity of account") },
    ...{ database, roster, logger },
  });
  return {
    database,
    broker,
    held,
    async call(method, path, body, headers = {}) {
      const response = await fetch(`${account.url}/api/v1${path}`, {
        method,
        headers: { "x-api-key": apiKey, "content-type": "application/json", ...headers },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    },
    async stop() {
      await account.stop();
      for (const party of parties) await party.stop();
      await coordinator.stop();
      await router.stop();
      await whole.close();
      await database.close();
    },
  };
}
