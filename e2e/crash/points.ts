// Every point at which a process writes or sends something for a key generation, its commit or a signature, by role. points.test.ts compares this list
// with what the processes pass (preload.js): a new step that is not here fails, and so does a point that is not passed any more. For each of them the
// crash test kills the process right before and right after it.

export interface Point {
  readonly role: string;
  readonly point: string;
}
/**
 * keygen: up to the certificate and the active account. both: passed in each of the two. abandoned: a key generation that is given up, as a party went
 * away when the others had staged their shares.
 */
export type Scenario = "keygen" | "sign" | "both" | "abandoned";

/** Where server-party-1 is killed, for a key generation to be abandoned. */
export const lostAt: Point = { role: "server-party", point: "send acknowledged" };

const statements: Readonly<Record<string, Readonly<Partial<Record<Scenario, readonly string[]>>>>> = {
  account: {
    keygen: [
      "insert account.idempotency POST /api/v1/accounts",
      "ask GET /api/v1/candidates",
      "commit update account.idempotency (session_id, renewals), insert account.accounts, insert account.sessions",
      "ask POST /api/v1/sessions keygen",
      "ask GET /api/v1/sessions/{id} keygen",
      "commit update account.accounts, insert account.keys, insert account.epochs, update account.sessions",
      "answer POST /api/v1/accounts 201",
    ],
    sign: [
      "insert account.idempotency POST /api/v1/accounts/{id}/sign",
      "update account.idempotency (session_id, renewals) and insert account.sessions POST /api/v1/accounts/{id}/sign",
      "ask POST /api/v1/sessions sign",
      "ask GET /api/v1/sessions/{id} sign",
      "update account.sessions",
      "answer POST /api/v1/accounts/{id}/sign 200",
    ],
    both: ["count call", "give back count"],
    abandoned: [
      "commit update account.accounts, update account.sessions",
      "ask POST /api/v1/sessions/{id}/abandon",
      "update account.accounts",
      "answer POST /api/v1/accounts 503",
    ],
  },
  coordinator: {
    keygen: [
      "answer GET /api/v1/candidates 200",
      "append keygen AttemptStarted",
      "publish invite keygen to party",
      "answer POST /api/v1/sessions 202 keygen",
      "append keygen Joined",
      "append keygen AttemptReady",
      "publish start keygen to party",
      "acknowledge join keygen to coordinator",
      "append keygen Progressed 1",
      "append keygen Progressed 2",
      "append keygen Progressed 3",
      "acknowledge progress keygen to coordinator",
      "append keygen Acknowledged",
      "acknowledge acknowledged to coordinator",
      "commit append keygen Completed, insert coordinator.keys",
      "publish committed to party",
      "acknowledge committed to coordinator",
      "answer GET /api/v1/sessions/{id} 200 keygen completed",
    ],
    sign: [
      "append sign AttemptStarted",
      "publish invite sign to party",
      "answer POST /api/v1/sessions 202 sign",
      "append sign Joined",
      "append sign AttemptReady",
      "publish start sign to party",
      "acknowledge join sign to coordinator",
      "append sign Progressed 1",
      "append sign Progressed 2",
      "append sign Progressed 3",
      "acknowledge progress sign to coordinator",
      "append sign Completed",
      "acknowledge result to coordinator",
      "answer GET /api/v1/sessions/{id} 200 sign completed",
    ],
    both: ["count call", "give back count"],
    abandoned: [
      "append keygen SessionFailed",
      "publish cancel keygen to party",
      "answer GET /api/v1/sessions/{id} 200 keygen failed",
      "append keygen Abandoned",
      "publish abandoned to party",
      "answer POST /api/v1/sessions/{id}/abandon 200 keygen",
    ],
  },
  router: {
    keygen: [
      ...["invite keygen", "start keygen", "round keygen", "acknowledged", "committed"].flatMap(toParty),
      ...["join keygen", "progress keygen", "acknowledged", "committed"].flatMap(toCoordinator),
      ...["round keygen", "acknowledged", "committed"].map((name) => `publish ${name} to party`),
      "accepted round keygen",
    ],
    sign: [
      ...["invite sign", "start sign", "round sign"].flatMap(toParty),
      ...["join sign", "progress sign", "result"].flatMap(toCoordinator),
      "publish round sign to party",
      "accepted round sign",
    ],
    abandoned: ["cancel keygen", "abandoned"].flatMap(toParty),
  },
  "server-party": {
    keygen: [
      "commit insert party.sessions, insert party.outbox",
      "update party.sessions (inputs)",
      "commit update party.sessions round 2, insert party.outbox",
      "commit update party.sessions round 3, insert party.outbox",
      "commit insert party.shares, insert party.pairs, update party.sessions (status, state), update party.intents (finished)",
      "commit update party.shares (status), delete party.certificates, insert party.certificates, update party.sessions (status, state), delete party.outbox",
      ...["invite keygen", "start keygen", "round keygen 1", "round keygen 2", "round keygen 3"].map(received),
      ...["acknowledged", "committed"].map(received),
      "send join keygen",
      ...[1, 2, 3].flatMap((round) => [`send round keygen ${round}`, `send progress keygen ${round}`]),
      "send acknowledged",
      "send committed",
    ],
    sign: [
      "commit insert party.checks",
      "commit delete party.checks",
      "update party.intents (finished, signature, signed_attempt)",
      ...["invite sign", "start sign", "round sign 1", "round sign 2", "round sign 3"].map(received),
      "send join sign",
      ...[1, 2, 3].flatMap((round) => [`send round sign ${round}`, `send progress sign ${round}`]),
      "send result",
    ],
    both: ["commit insert party.intents, insert party.attempts"],
    abandoned: [
      "received cancel keygen",
      "commit insert party.abandoned, delete party.pairs, delete party.shares, update party.sessions (status, state), delete party.outbox",
      "received abandoned",
    ],
  },
};

function toParty(name: string): string[] {
  return [`deliver ${name}`, `acknowledge ${name} to party`];
}
function toCoordinator(name: string): string[] {
  return [`publish ${name} to coordinator`, `accepted ${name}`];
}
function received(name: string): string {
  return `received ${name}`;
}

/** Passed as well, or not: no step waits for them. */
export const besides: readonly { readonly point: RegExp; readonly why: string }[] = [
  { point: /^(heartbeat|heard|put presence|remove presence)$/, why: "a party's presence, renewed by time" },
  { point: /^update coordinator\.sessions \((lease|due)/, why: "which replica looks at a session whose time has come, ten times a second" },
  { point: /^commit delete party\.intents, delete party\.sessions$/, why: "a party forgets what is over, every few seconds" },
  { point: /^(commit (insert|update) party\.leases|delete party\.leases)/, why: "the lease of an instance, renewed by time" },
  { point: /^update party\.sessions \(fence, lease, lease_fence\)$/, why: "sessions of an instance without a sign of life, taken over" },
  { point: /^(challenge|authenticate|welcome)$/, why: "a stream opens" },
  {
    point: /^(insert party\.party|commit insert party\.master_keys|update party\.party \(generation\))$/,
    why: "a party starts; its counter moves at a start, a share, a burn, and by the clock",
  },
  { point: /^commit create schema if, create table if/, why: "a process starts, and looks whether its schema is there" },
  { point: /^commit insert party\.intents$/, why: "an attempt that is known already: nothing is written" },
  { point: / session( to party| \d)?$/, why: "of a session whose intent another process had: the same step elsewhere" },
  { point: /(roundRequest|certificateRequest)( to \w+)?$/, why: "on a slow machine, what has not come in time is asked for again" },
  { point: /^append \w+ Waited \d$/, why: "on a slow machine, a member says whom it waits for" },
  {
    point: /^answer GET \/api\/v1\/sessions\/\{id\} 200 \w+ running$/,
    why: "on a slow machine, a session that is asked for has not ended in two seconds",
  },
  { point: /^commit (append keygen Completed|update account\.accounts)$/, why: "two replicas at once: the second one writes nothing" },
];

export const points: readonly (Point & { readonly in: Scenario })[] = Object.entries(statements).flatMap(([role, scenarios]) =>
  Object.entries(scenarios).flatMap(([scenario, names]) => names.map((point) => ({ role, point, in: scenario as Scenario }))),
);
