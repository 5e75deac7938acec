// Methods of ports that write and send nothing, so that there is nothing to die before or after.
// PostgreSQL itself says whether one of a store is here for good: while the list of the points is
// compared, it runs them in transactions that may not write (statements.js).

const store = [
  // The account service's. Two of them only compute.
  ...["accounts.seal", "accounts.find", "accounts.list", "accounts.active", "keys.seal", "keys.list"],
  ...["sessions.find", "sessions.unattended", "sessions.openKeygen", "sessions.withUndeliveredAbandonment"],
  ...["sessions.openOfKey", "sessions.lastOfKey", "sessions.ofKeySince", "releases.ofSession", "releases.exported"],
  ...["backups.list", "backups.unasked"],
  ...["apiKeys.ofSecret", "events.chain", "events.after", "events.uncovered"],
  // The coordinator's.
  ...[
    "load",
    "standing",
    "standings",
    "openSessions",
    "burnsOf",
    "pairsOf",
    "newestPair",
    "repairAttempt",
    "certificateOf",
    "certificatesOf",
    "epochOf",
  ],
  // A party's.
  ...["peekIntent", "outbox", "runningSessions", "share", "committedShare", "shareOfIntent", "sharesOfSession", "stagedShares", "heldKeys"],
  ...["certificates", "lastCertificate", "pairs", "stagedPairs", "renewalOfIntent", "renewalRuns", "leases", "backups", "keysToBackUp"],
  ...["releaseOf", "isExported", "importKey"],
];

export const reads = new Set([
  ...store.map((method) => `store.${method}`),
  ...["holdings.question", "holdings.reports"],
  ...["presence.find", "presence.list", "presence.ping", "broker.depth", "broker.ping"],
  "generation.read",
  "transport.onReconnect",
  // How an account service learns for its readiness that a coordinator is there.
  "coordinator.ping",
  // What a session has been through, for whoever looks at it.
  "coordinator.events",
  // A party has answered a delivery; and a stream that ends writes nothing more.
  ...["stream.received", "stream.end"],
]);
