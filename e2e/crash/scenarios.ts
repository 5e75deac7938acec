// What is asked of the system while a process dies, and which steps that passes, by role. A step
// has the name of the port and its method (steps.js). points.test.ts compares the lists with what
// the processes pass: a new step that is not here fails, and so does one that is not passed any
// more.
import type { SchemeName } from "@covault/trust";

export type Role = "account" | "coordinator" | "router" | "server-party";
/** What makes a further epoch of a key. */
export type Act = "refresh" | "reshare" | "recover";
/** What makes a pair or a share anew within an epoch. */
export type Within = "renew" | "repair";
/** What leaves the system sealed, or comes into it. */
export type Sealing = "backup" | "export" | "import";
type Steps = Readonly<Record<Role, readonly string[]>>;

/** How a signature is asked for, beside what is signed. */
export interface SignBody {
  readonly scheme?: SchemeName;
  readonly derivation_path?: string;
  readonly taproot?: object;
}

/**
 * `within`: a pair or a share of an account of its own made anew. For a repair, the share was lost.
 * `sealed`: of an account of its own, or an import that makes one. For a backup, what was sealed
 * before is gone.
 * `key`: a further key of an account that has one. `continue`: a further epoch of a key (of the
 * account that signs, or for a reshare of a 2-of-2 account of its own, one of whose holders makes
 * place for a newcomer). `abandoned`: an account whose key generation is given up, because a party
 * went away.
 */
export type Asks =
  | { readonly kind: "account"; readonly body: { readonly scheme: SchemeName } | { readonly schemes: readonly SchemeName[] } }
  | { readonly kind: "key"; readonly scheme: SchemeName }
  | { readonly kind: "sign"; readonly body: SignBody }
  | { readonly kind: "continue"; readonly act: Act }
  | { readonly kind: "within"; readonly act: Within }
  | { readonly kind: "sealed"; readonly act: Sealing }
  | { readonly kind: "abandoned" };

export interface Scenario {
  readonly asks: Asks;
  readonly passes: Steps;
  /** The roles whose processes die in it. The others do the same in another scenario. */
  readonly dies: readonly Role[];
  /** How many keys it makes, one after the other. Default 1. */
  readonly keys?: number;
}

const opened = (kind: string): string[] => [`coordinator.open ${kind}`, `coordinator.session ${kind}`];
const counted = ["rate.take", "rate.giveBack"];
const created = (...keys: string[]): string[] => [
  ...["store.claims.take POST /api/v1/accounts", "coordinator.candidates"],
  "store.transaction claims.renew, accounts.insert, sessions.insert keygen",
  ...opened("keygen"),
  ...keys.map((key) => `store.transaction accounts.change ${key}`),
  "http.answer POST /api/v1/accounts 201",
  ...counted,
];
const lastKey = "active, keys.put, sessions.close keygen completed";
const nextKey = "creating, keys.put, sessions.close keygen completed, sessions.insert keygen";

const toParty = (name: string): string[] => [`stream.deliver ${name}`, `broker.acknowledge ${name} to party`];
const toCoordinator = (name: string): string[] => [`broker.publish ${name} to coordinator`, `stream.write accepted ${name}`];
const received = (name: string): string => `transport.received ${name}`;

/** What a key generation passes beyond the account service: of every scheme the same. */
const keygen: Omit<Steps, "account"> = {
  coordinator: [
    "http.answer GET /api/v1/candidates 200",
    "store.append keygen AttemptStarted",
    "broker.publish invite keygen to party",
    "http.answer POST /api/v1/sessions 202 keygen",
    ...["Joined", "AttemptReady", "Progressed 1", "Progressed 2", "Progressed 3", "Acknowledged", "Completed"].map(
      (event) => `store.append keygen ${event}`,
    ),
    "broker.publish start keygen to party",
    ...["join keygen", "progress keygen", "acknowledged", "committed"].map((name) => `broker.acknowledge ${name} to coordinator`),
    "broker.publish committed to party",
    "http.answer GET /api/v1/sessions/{id} 200 keygen completed",
    ...counted,
  ],
  router: [
    ...["invite keygen", "start keygen", "round keygen", "acknowledged", "committed"].flatMap(toParty),
    ...["join keygen", "progress keygen", "acknowledged", "committed"].flatMap(toCoordinator),
    ...["round keygen", "acknowledged", "committed"].map((name) => `broker.publish ${name} to party`),
    "stream.write accepted round keygen",
  ],
  "server-party": [
    ...["claimIntent", "openSession", "fixInputs", "saveRound 2", "saveRound 3", "stageShare", "commitShare"].map(
      (step) => `store.${step}`,
    ),
    ...["invite keygen", "start keygen", "round keygen 1", "round keygen 2", "round keygen 3"].map(received),
    ...["acknowledged", "committed"].map(received),
    "transport.send join keygen",
    ...[1, 2, 3].flatMap((round) => [`transport.send round keygen ${round}`, `transport.send progress keygen ${round}`]),
    ...["acknowledged", "committed"].map((name) => `transport.send ${name}`),
  ],
};

/** What a signature passes. `checks`: of the OT extension, about which the parties write notes. */
const signature = (rounds: readonly number[], checks: readonly string[]): Steps => ({
  account: [
    "store.claims.take POST /api/v1/accounts/{id}/sign",
    "store.sessions.insert sign",
    ...opened("sign"),
    "store.sessions.close sign completed",
    "http.answer POST /api/v1/accounts/{id}/sign 200",
    ...counted,
  ],
  coordinator: [
    "store.append sign AttemptStarted",
    "broker.publish invite sign to party",
    "http.answer POST /api/v1/sessions 202 sign",
    ...["Joined", "AttemptReady", ...rounds.map((round) => `Progressed ${round}`), "Completed"].map(
      (event) => `store.append sign ${event}`,
    ),
    "broker.publish start sign to party",
    ...["join sign", "progress sign", "result"].map((name) => `broker.acknowledge ${name} to coordinator`),
    "http.answer GET /api/v1/sessions/{id} 200 sign completed",
    ...counted,
  ],
  router: [
    ...["invite sign", "start sign", "round sign"].flatMap(toParty),
    ...["join sign", "progress sign", "result"].flatMap(toCoordinator),
    "broker.publish round sign to party",
    "stream.write accepted round sign",
  ],
  "server-party": [
    ...["claimIntent", ...checks, "finishIntent"].map((step) => `store.${step}`),
    ...["invite sign", "start sign", ...rounds.map((round) => `round sign ${round}`)].map(received),
    "transport.send join sign",
    ...rounds.flatMap((round) => [`transport.send round sign ${round}`, `transport.send progress sign ${round}`]),
    "transport.send result",
  ],
});
const ecdsa = signature([1, 2, 3], ["beginCheck", "endCheck"]);
const frost = signature([1, 2], []);

/** What a further epoch passes. `rounds`: of its protocol. `further`: what it passes beside. */
const continuation = (act: Act, rounds: readonly number[], further: Partial<Steps> = {}): Steps => ({
  account: [
    `store.claims.take POST /api/v1/accounts/{id}/${act}`,
    `store.sessions.insert ${act}`,
    ...opened(act),
    `store.transaction keys.advance, sessions.close ${act} completed, events.append`,
    `http.answer POST /api/v1/accounts/{id}/${act} 202`,
    "coordinator.holdings",
    ...counted,
    ...(further.account ?? []),
  ],
  coordinator: [
    ...["holdings.ask", "broker.publish holdingRequest to party", "broker.acknowledge holdingReport to coordinator", "holdings.report"],
    "http.answer POST /api/v1/holdings 200",
    `store.append ${act} AttemptStarted`,
    `broker.publish invite ${act} to party`,
    `http.answer POST /api/v1/sessions 202 ${act}`,
    ...["Joined", "AttemptReady", ...rounds.map((round) => `Progressed ${round}`), "Acknowledged", "Completed"].map(
      (event) => `store.append ${act} ${event}`,
    ),
    `broker.publish start ${act} to party`,
    ...[`join ${act}`, `progress ${act}`, "acknowledged", "committed"].map((name) => `broker.acknowledge ${name} to coordinator`),
    "broker.publish committed to party",
    `http.answer GET /api/v1/sessions/{id} 200 ${act} completed`,
    ...counted,
    ...(further.coordinator ?? []),
  ],
  router: [
    ...toParty("holdingRequest"),
    ...toCoordinator("holdingReport"),
    ...[`invite ${act}`, `start ${act}`, `round ${act}`, "acknowledged", "committed"].flatMap(toParty),
    ...[`join ${act}`, `progress ${act}`, "acknowledged", "committed"].flatMap(toCoordinator),
    ...[`round ${act}`, "acknowledged", "committed"].map((name) => `broker.publish ${name} to party`),
    `stream.write accepted round ${act}`,
    ...(further.router ?? []),
  ],
  "server-party": [
    ...[
      "claimIntent",
      "openSession",
      "fixInputs",
      ...rounds.slice(1).map((round) => `saveRound ${round}`),
      "stageShare",
      "commitShare",
    ].map((step) => `store.${step}`),
    ...[received("holdingRequest"), "transport.send holdingReport"],
    ...[`invite ${act}`, `start ${act}`, ...rounds.map((round) => `round ${act} ${round}`)].map(received),
    ...["acknowledged", "committed"].map(received),
    `transport.send join ${act}`,
    ...rounds.flatMap((round) => [`transport.send round ${act} ${round}`, `transport.send progress ${act} ${round}`]),
    ...["acknowledged", "committed"].map((name) => `transport.send ${name}`),
    ...(further["server-party"] ?? []),
  ],
});

/** What passes whatever is made anew within an epoch. `words`: what the parties say at its end. */
const staying = (
  act: Within,
  rounds: readonly number[],
  kept: readonly string[],
  ends: readonly string[],
  words: readonly string[],
): Steps => ({
  account: [
    `store.claims.take POST /api/v1/accounts/{id}/${act}`,
    `store.sessions.insert ${act}`,
    ...opened(act),
    `store.transaction sessions.close ${act} completed, events.append`,
    `http.answer POST /api/v1/accounts/{id}/${act} 202`,
    "coordinator.holdings",
    ...counted,
  ],
  coordinator: [
    ...["holdings.ask", "broker.publish holdingRequest to party", "broker.acknowledge holdingReport to coordinator", "holdings.report"],
    "http.answer POST /api/v1/holdings 200",
    `store.append ${act} AttemptStarted`,
    `broker.publish invite ${act} to party`,
    `http.answer POST /api/v1/sessions 202 ${act}`,
    ...["Joined", "AttemptReady", ...rounds.map((round) => `Progressed ${round}`), ...ends].map((event) => `store.append ${act} ${event}`),
    `broker.publish start ${act} to party`,
    ...[`join ${act}`, `progress ${act}`, ...words].map((name) => `broker.acknowledge ${name} to coordinator`),
    `http.answer GET /api/v1/sessions/{id} 200 ${act} completed`,
    ...counted,
  ],
  router: [
    ...toParty("holdingRequest"),
    ...toCoordinator("holdingReport"),
    ...[`invite ${act}`, `start ${act}`, `round ${act}`, ...words].flatMap(toParty),
    ...[`join ${act}`, `progress ${act}`, ...words].flatMap(toCoordinator),
    ...[`round ${act}`, ...words].map((name) => `broker.publish ${name} to party`),
    `stream.write accepted round ${act}`,
  ],
  "server-party": [
    ...["claimIntent", ...kept].map((step) => `store.${step}`),
    ...[received("holdingRequest"), "transport.send holdingReport"],
    ...[`invite ${act}`, `start ${act}`, ...rounds.map((round) => `round ${act} ${round}`), ...words].map(received),
    `transport.send join ${act}`,
    ...rounds.flatMap((round) => [`transport.send round ${act} ${round}`, `transport.send progress ${act} ${round}`]),
    ...words.map((name) => `transport.send ${name}`),
  ],
});
const renewal = staying(
  "renew",
  [1, 2, 3],
  ["openSession", "fixInputs", "saveRound 2", "saveRound 3", "stagePair", "commitPair"],
  ["Acknowledged", "Completed"],
  ["pairAcknowledged", "pairCommitted"],
);

/** What the parties are asked once, and answer. */
const question = (about: string): Omit<Steps, "account"> => ({
  coordinator: [
    ...["holdings.ask", `broker.publish ${about}Request to party`, `broker.acknowledge ${about}Report to coordinator`, "holdings.report"],
    ...counted,
  ],
  router: [...toParty(`${about}Request`), ...toCoordinator(`${about}Report`)],
  "server-party": [received(`${about}Request`), `transport.send ${about}Report`],
});
const holding = question("holding");
const backup = question("backup");
const release = question("export");
const offer = question("importRecipient");
/** The key generation of an import is that of any other key, but for its name and its dealer. */
const imported = (role: keyof typeof keygen): string[] => keygen[role].map((step) => step.replaceAll(/\bkeygen\b/g, "import"));

const everyRole: readonly Role[] = ["account", "coordinator", "router", "server-party"];
/** The roles whose code depends on a key's scheme. */
const ofScheme: readonly Role[] = ["account", "coordinator", "server-party"];
const endsOfKeys: readonly Role[] = ["account", "server-party"];

export const scenarios = {
  keygen: {
    asks: { kind: "account", body: { scheme: "ecdsa-secp256k1" } },
    passes: { account: created(lastKey), ...keygen },
    dies: everyRole,
  },
  "keygen of three schemes": {
    asks: { kind: "account", body: { schemes: ["ecdsa-secp256k1", "eddsa-ed25519", "schnorr-bip340"] } },
    passes: { account: created(nextKey, lastKey), ...keygen },
    dies: endsOfKeys,
    keys: 3,
  },
  "keygen of ed25519": {
    asks: { kind: "account", body: { scheme: "eddsa-ed25519" } },
    passes: { account: created(lastKey), ...keygen },
    dies: ofScheme,
  },
  "keygen of bip340": {
    asks: { kind: "account", body: { scheme: "schnorr-bip340" } },
    passes: { account: created(lastKey), ...keygen },
    dies: ofScheme,
  },
  "further key": {
    asks: { kind: "key", scheme: "schnorr-bip340" },
    passes: {
      account: [
        "store.claims.take POST /api/v1/accounts/{id}/keys",
        "store.sessions.insert keygen",
        ...opened("keygen"),
        "store.transaction accounts.change schemes, keys.put, sessions.close keygen completed",
        "http.answer POST /api/v1/accounts/{id}/keys 201",
        ...counted,
      ],
      ...keygen,
      // The holders are those of the first key.
      coordinator: keygen.coordinator.filter((step) => !step.includes("/candidates")),
    },
    dies: endsOfKeys,
  },
  sign: { asks: { kind: "sign", body: {} }, passes: ecdsa, dies: everyRole },
  "sign by a path": { asks: { kind: "sign", body: { derivation_path: "m/0/5" } }, passes: ecdsa, dies: ["server-party"] },
  "sign of ed25519": { asks: { kind: "sign", body: { scheme: "eddsa-ed25519" } }, passes: frost, dies: ofScheme },
  "sign of bip340 by a path with Taproot": {
    asks: { kind: "sign", body: { scheme: "schnorr-bip340", derivation_path: "m/0/5", taproot: {} } },
    passes: frost,
    dies: ofScheme,
  },
  refresh: { asks: { kind: "continue", act: "refresh" }, passes: continuation("refresh", [1, 2, 3]), dies: everyRole },
  "reshare with a leaving dealer and a newcomer": {
    asks: { kind: "continue", act: "reshare" },
    passes: continuation("reshare", [1, 2, 3], {
      account: ["coordinator.candidates"],
      coordinator: ["http.answer GET /api/v1/candidates 200"],
    }),
    dies: ofScheme,
  },
  recover: { asks: { kind: "continue", act: "recover" }, passes: continuation("recover", [1, 2, 3]), dies: ofScheme },
  renew: {
    asks: { kind: "within", act: "renew" },
    passes: { ...renewal, coordinator: [...renewal.coordinator, "broker.publish pairCommitted to party"] },
    dies: ofScheme,
  },
  repair: {
    asks: { kind: "within", act: "repair" },
    passes: staying("repair", [1, 2], ["keepRepaired"], ["Completed"], []),
    dies: ofScheme,
  },
  "sealed backup": {
    asks: { kind: "sealed", act: "backup" },
    passes: {
      account: [
        ...["coordinator.backups", "store.transaction backups.put, events.append"],
        "http.answer POST /api/v1/accounts/{id}/backups 200",
        ...counted,
      ],
      coordinator: [...backup.coordinator, "http.answer POST /api/v1/backups 200"],
      router: backup.router,
      "server-party": [...backup["server-party"], "store.keepBackup"],
    },
    dies: ofScheme,
  },
  export: {
    asks: { kind: "sealed", act: "export" },
    passes: {
      account: [
        "store.claims.take POST /api/v1/accounts/{id}/export",
        ...["coordinator.holdings", "store.sessions.insert export", "coordinator.exports", "store.releases.add"],
        "store.sessions.close export completed",
        "http.answer POST /api/v1/accounts/{id}/export 202",
        ...counted,
      ],
      coordinator: [
        ...[...holding.coordinator, "http.answer POST /api/v1/holdings 200"],
        ...[...release.coordinator, "http.answer POST /api/v1/exports 200"],
      ],
      router: [...holding.router, ...release.router],
      "server-party": [...holding["server-party"], ...release["server-party"], "store.releaseShare"],
    },
    dies: ofScheme,
  },
  import: {
    asks: { kind: "sealed", act: "import" },
    passes: {
      account: [
        ...created(lastKey).map((step) => step.replaceAll(/\bkeygen\b/g, "import").replace("/accounts", "/accounts/import")),
        "coordinator.importRecipients",
      ],
      coordinator: [...imported("coordinator"), ...offer.coordinator, "http.answer POST /api/v1/import-recipients 200"],
      router: [...imported("router"), ...offer.router],
      "server-party": [...imported("server-party"), ...offer["server-party"], "store.keepImportKey"],
    },
    dies: ofScheme,
  },
  abandoned: {
    asks: { kind: "abandoned" },
    passes: {
      account: [
        "store.transaction accounts.change failed, sessions.close keygen failed",
        "coordinator.abandon keygen",
        "store.sessions.abandonmentDelivered",
        "http.answer POST /api/v1/accounts 503",
      ],
      coordinator: [
        "store.append keygen SessionFailed",
        "broker.publish cancel keygen to party",
        "http.answer GET /api/v1/sessions/{id} 200 keygen failed",
        "store.append keygen Abandoned",
        "broker.publish abandoned to party",
        "http.answer POST /api/v1/sessions/{id}/abandon 200 keygen",
      ],
      router: ["cancel keygen", "abandoned"].flatMap(toParty),
      "server-party": [received("cancel keygen"), "store.abandonIntent", received("abandoned")],
    },
    dies: everyRole,
  },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof scenarios;
