// Every error code of Covault: its kind, and one line of help. docs/errors.md has a section for
// each. The HTTP status that an answer has for a code is in packages/api.

/** The kind says whose fault an error is, and so who has to act. See docs/errors.md. */
export type ErrorKind = "usage" | "cheat" | "io" | "bug";

export interface CodeEntry {
  readonly kind: ErrorKind;
  /** What to do now, in one sentence. */
  readonly hint: string;
}

export const codes = {
  // mpc: the mathematics
  "mpc/bad-setup": { kind: "usage", hint: "Fix the parameters named in the message and start a new session." },
  "mpc/pairs-missing": { kind: "usage", hint: "This share has no pair with a signer. Renew the pair or refresh the key, then sign." },
  "mpc/pairs-mismatch": {
    kind: "usage",
    hint: "Nothing was sent. Load the pairs of this key, epoch and party, or drop them and make new ones.",
  },
  "mpc/not-storable": {
    kind: "usage",
    hint: "Signing state is never stored. Only keygen, refresh, reshare, recovery, import and renewal resume.",
  },
  "mpc/bad-state": { kind: "usage", hint: "The stored round cannot be read. Abandon the session and start a new one." },
  "mpc/invariant": { kind: "bug", hint: "Covault contradicted itself. Abort the session and report it." },
  "mpc/incomplete-inbox": { kind: "usage", hint: "Deliver exactly one message per peer before calling the round." },
  "mpc/round-already-used": { kind: "usage", hint: "A round's state can be used once. Start a new session." },
  "mpc/pair-burned": { kind: "usage", hint: "Choose another quorum, or renew the pair or refresh the key to get a new one." },
  "mpc/bad-share-record": {
    kind: "usage",
    hint: "The stored share cannot be read, or is damaged. Restore it from a backup or recover it.",
  },
  "mpc/context-mismatch": { kind: "io", hint: "The members hold different inputs. Start a new session." },
  "mpc/echo-mismatch": { kind: "io", hint: "Somebody sent different values to different members. Start a new session." },
  "mpc/confirmation-mismatch": {
    kind: "io",
    hint: "The members did not end with the same key material. Start a new session.",
  },
  "mpc/bad-message": {
    kind: "cheat",
    hint: "The named party sent a malformed message. Start a new session, without it if it happens again.",
  },
  "mpc/opening-mismatch": {
    kind: "cheat",
    hint: "The named party opened another value than it committed to. Start a new session without it.",
  },
  "mpc/bad-proof": { kind: "cheat", hint: "The named party's proof of knowledge is wrong. Start a new session without it." },
  "mpc/equal-dealers": {
    kind: "cheat",
    hint: "Find out why the named parties' random generators agree, restart both from fresh machines, and start a new session.",
  },
  "mpc/dealer-mismatch": {
    kind: "cheat",
    hint: "The named dealer did not deal its own share. Start a new session without it.",
  },
  "mpc/bad-share": {
    kind: "cheat",
    hint: "The named party dealt a share that does not match its commitments. Start a new session without it.",
  },
  "mpc/ot-check-failed": { kind: "cheat", hint: "The named party must not be used with this key again before a refresh." },
  "mpc/mul-check-failed": { kind: "cheat", hint: "The named party must not be used with this key again before a refresh." },
  "mpc/signature-invalid": {
    kind: "io",
    hint: "The parts did not make a valid signature. Treat the message as possibly signed and try again with another quorum.",
  },
  "mpc/bad-partial-signature": {
    kind: "cheat",
    hint: "The named party sent a wrong partial signature. Try again without it.",
  },
  "mpc/bad-backup": {
    kind: "usage",
    hint: "Do not rely on this backup: it does not hold the share of its public share. Let its maker seal it again.",
  },
  "mpc/presignature-used": { kind: "usage", hint: "A presignature, and a pair of preprocessed nonces, signs once. Take another." },
  "mpc/presignature-stale": {
    kind: "usage",
    hint: "It was made before the last refresh, reshare or renewal. Delete every one that was made before it, and make new ones.",
  },
  "mpc/degenerate": { kind: "io", hint: "A value that is zero with negligible probability came up. Start a new session." },
  // backup: sealed backups of shares, and what is done with them offline
  "backup/foreign": { kind: "usage", hint: "Give a file that a party wrote into its BACKUP_DIR, as a whole." },
  "backup/newer-version": { kind: "usage", hint: "Upgrade Covault on this machine, then read the file again." },
  "backup/damaged": { kind: "usage", hint: "Take another copy of the file. Nothing was opened or changed." },
  "backup/not-proven": {
    kind: "usage",
    hint: "Do not rely on this backup. Look at the party that made it, and let it seal its share again: covault backup ask.",
  },
  "backup/wrong-key": { kind: "usage", hint: "Give the recipient's key file: covault backup check shows who each backup is sealed to." },
  "backup/too-few": { kind: "usage", hint: "Give more parties' backups of one epoch, and the keys of their recipients." },
  "backup/several-keys": { kind: "usage", hint: "Give the backups of one key at a time." },
  "backup/bad-recipient-key": { kind: "usage", hint: "Give a file that covault backup key has made, and its passphrase." },
  "backup/other-share": { kind: "usage", hint: "Give the party's own document of the key: covault backup open says what a document has." },
  "backup/epoch-behind": {
    kind: "usage",
    hint: "Give a document of the key's present epoch. Without one, ask for a repair or a recovery of the share.",
  },
  "backup/epoch-unknown": {
    kind: "usage",
    hint: "Ask for a repair or a recovery, which need no document. Else name the key's present epoch (covault account keys) with --epoch.",
  },
  // account: the account service
  "account/not-found": { kind: "usage", hint: "Check the account's id; GET /api/v1/accounts lists yours." },
  "account/unknown-tenant": { kind: "usage", hint: "Check the tenant's id, or make it: covault api-key create --new-tenant." },
  "account/tenant-exists": { kind: "usage", hint: "Leave --new-tenant out to make a further key of that tenant." },
  "account/unknown-api-key": { kind: "usage", hint: "Take the id from covault api-key list." },
  "account/session-not-found": { kind: "usage", hint: "Check the session's id; creating and signing answer with it." },
  "account/bad-threshold": {
    kind: "usage",
    hint: "Choose 2 <= threshold_t <= threshold_n <= 20, with as many parties in the roster.",
  },
  "account/bad-digest": {
    kind: "usage",
    hint: "Send the digest as 64 hex characters, with or without 0x; to a key of Ed25519 the message itself, of up to 64 KiB.",
  },
  "account/bad-cursor": { kind: "usage", hint: "Use the next_cursor of the page before, or leave it out to start again." },
  "account/bad-signing-configuration": {
    kind: "usage",
    hint: "Name at least threshold_t of the account's parties, each once.",
  },
  "account/not-active": {
    kind: "usage",
    hint: "Only an active account has keys. GET the account to see its status; create another if it failed.",
  },
  "account/bad-sign-request": { kind: "usage", hint: "Correct what the message names. Nothing was signed." },
  "account/no-such-key": {
    kind: "usage",
    hint: "Name a scheme or a key_id that GET /api/v1/accounts/{id}/keys shows, or none.",
  },
  "account/key-exists": { kind: "usage", hint: "Use the key that the account has; GET its keys shows it." },
  "account/lifecycle-running": {
    kind: "usage",
    hint: "Wait until what is under way for the account's keys is over, or abort it (covault session abort), then ask again. The session in the message shows how far it is.",
  },
  "account/no-pairs": { kind: "usage", hint: "Only keys of ecdsa-secp256k1 have pairs. A refresh makes the shares of any key anew." },
  "account/pair-uncleared": {
    kind: "usage",
    hint: "Find out why the check failed. Then each operator that the message names runs covault pair clear, and the renewal is asked for again.",
  },
  "account/pair-exhausted": { kind: "usage", hint: "Refresh the key: its next epoch has new pairs." },
  "account/share-held": { kind: "usage", hint: "Nothing to repair. Where the share was stolen, refresh the key." },
  "account/not-abortable": {
    kind: "usage",
    hint: "A keygen, an import and an export end by themselves. A session that is completed stays as it is.",
  },
  "account/too-few-holders": {
    kind: "usage",
    hint: "Keep or add holders. To go on with so few all the same, repeat the request with force as the message says.",
  },
  "account/import-off": {
    kind: "usage",
    hint: "Imports are off in this service. Its operator turns them on with ALLOW_IMPORT, and one party takes them with IMPORT_ALLOWED.",
  },
  "account/export-off": {
    kind: "usage",
    hint: "Exports are off in this service. Its operator turns them on with ALLOW_EXPORT, and every holder lists the recipient itself.",
  },
  "account/export-refused": {
    kind: "usage",
    hint: "Too few holders consent. Have their operators list the recipient in EXPORT_RECIPIENTS, then ask again with a new Idempotency-Key.",
  },
  "account/holders-away": { kind: "io", hint: "Start the parties named in the message, then send the request again." },
  "account/bad-members": { kind: "usage", hint: "Correct the parties that the message names. Nothing was asked of any party." },
  "account/share-lost": {
    kind: "usage",
    hint: "Repair the share of the party that the message names, or recover it where it may be stolen. Then ask again.",
  },
  "account/key-behind": {
    kind: "io",
    hint: "Send the request again with the same Idempotency-Key. The service knows the key's newer epoch by now.",
  },
  "account/idempotency-conflict": { kind: "usage", hint: "Use a new Idempotency-Key for another request." },
  "account/parties-missing": { kind: "io", hint: "Start the parties named in the message, then send the request again." },
  "account/holders-removed": {
    kind: "usage",
    hint: "Have a roster signed that lists a removed holder again, or move the funds of the account by other means: nobody else has its shares.",
  },
  "account/coordinator-busy": {
    kind: "io",
    hint: "Ask again after the time in Retry-After, with the same Idempotency-Key.",
  },
  "account/coordinator-unreachable": {
    kind: "io",
    hint: "Check that the session coordinator runs, then ask again with the same Idempotency-Key.",
  },
  "account/coordinator-key-refused": {
    kind: "io",
    hint: "Compare COORDINATOR_API_KEY with the coordinator's MPC_API_KEY (and its ALLOWED_IPS), then ask again with the same Idempotency-Key.",
  },
  "account/coordinator-refused": {
    kind: "io",
    hint: "Look at the coordinator's log: it did not take a session that this service asked for.",
  },
  "account/session-failed": {
    kind: "io",
    hint: "The parties did not finish. Send the request again under a new Idempotency-Key: the same one answers with this failure. Look at the session's events if it happens again.",
  },
  "account/bad-result": {
    kind: "io",
    hint: "The coordinator delivered a result that does not verify; it was thrown away. Treat the coordinator as suspect.",
  },
  "account/broken-chain": {
    kind: "bug",
    hint: "Keep the database as it is, export the event log and verify it against checkpoints that were kept elsewhere.",
  },
  "account/altered-row": {
    kind: "bug",
    hint: "The account database was changed by somebody else, or INITIATOR_KEY is another. Nothing was signed.",
  },
  "account/bad-initiator-key": {
    kind: "usage",
    hint: "Set INITIATOR_KEY to the 32-byte key whose public key stands in the roster, neither retired nor revoked.",
  },
  "account/wrong-row-key": {
    kind: "usage",
    hint: "Set ROW_KEY to the key that this database's rows were written with; former keys, and one to come, go to ROW_KEYS_ALSO.",
  },
  // trust: statements that do not verify (packages/trust)
  "trust/bad-roster": {
    kind: "usage",
    hint: "Use the roster that the operator's root key signed; sign it again if it was edited.",
  },
  "trust/roster-not-newer": {
    kind: "usage",
    hint: "Put the newest roster in place: covault roster status shows the serials. Sign a changed one anew: each gets a higher serial.",
  },
  "trust/roster-behind": {
    kind: "io",
    hint: "Put the newest roster in place of ROSTER_FILE at this process: it goes on by itself. Other replicas that have it answer meanwhile.",
  },
  "trust/bad-argument": { kind: "usage", hint: "Fix the argument that the message names." },
  "trust/unknown-party": { kind: "usage", hint: "Add the party to the roster, or wait until its validity begins." },
  "trust/bad-intent": { kind: "usage", hint: "Have the initiator make and sign the intent again; nothing was done." },
  "trust/bad-path": {
    kind: "usage",
    hint: "Use a path like m/0/7: at most 16 steps, each without a mark and below 2147483648.",
  },
  "trust/unknown-payload": {
    kind: "usage",
    hint: "Send a digest instead if the key may sign one, or upgrade whoever refused.",
  },
  "action/transaction-as-message": {
    kind: "usage",
    hint: "Sign what people read as text. A key signs a transaction only as a transaction, which every party reads.",
  },
  "trust/intent-expired": { kind: "usage", hint: "Sign a new intent; check the clocks of the initiator and the party." },
  "trust/not-entitled": {
    kind: "usage",
    hint: "Sign with an initiator whose roster entry, or whose key's entry, allows this tenant and kind.",
  },
  "trust/bad-join": {
    kind: "usage",
    hint: "A member's join does not fit the intent. Start a new attempt; look at the named party if it happens again.",
  },
  "trust/bad-ack": {
    kind: "usage",
    hint: "A member's acknowledgement does not fit the intent. The key stays unusable until all of them do.",
  },
  "trust/bad-accusation": {
    kind: "usage",
    hint: "A party's accusation was dropped: its identity key did not sign it for this attempt. Look at what carries its messages.",
  },
  "trust/bad-certificate": {
    kind: "usage",
    hint: "Ask another member or the coordinator for the certificate; use nothing that this one claims.",
  },
  "trust/bad-chain": {
    kind: "usage",
    hint: "Ask another holder or the coordinator for the key's certificates; use nothing that these claim.",
  },
  "trust/bad-pair-ack": {
    kind: "usage",
    hint: "A holder's acknowledgement of a renewed pair does not fit the intent. The pair stays out of use until both ends' do.",
  },
  "trust/bad-pair-certificate": {
    kind: "usage",
    hint: "Ask an end of the pair or the coordinator for the pair certificate; keep the pair as it is until a right one is there.",
  },
  "trust/bad-holding": {
    kind: "usage",
    hint: "The party's statement was ignored. Ask again; look at the named party, and at what carries its messages, if it happens again.",
  },
  "trust/bad-release": {
    kind: "usage",
    hint: "The party's answer to the export was ignored. Ask again; look at the named party, and at what carries its messages, if it happens again.",
  },
  "trust/bad-backup": {
    kind: "usage",
    hint: "The party's statement was ignored. Ask again; look at the named party, and at what carries its messages, if it happens again.",
  },
  "trust/bad-import-recipient": {
    kind: "usage",
    hint: "Seal nothing to it. Ask for a key again; look at the named party, and at what carries its messages, if it happens again.",
  },
  "trust/bad-abandonment": {
    kind: "usage",
    hint: "Only the initiator that signed a keygen intent can abandon it, and only under the same tag and ids.",
  },
  // party: the driver of one holder of shares (packages/party)
  "party/bad-order": {
    kind: "bug",
    hint: "The driver called a session out of order. Report it; the session is lost, the key is not.",
  },
  "party/session-failed": { kind: "bug", hint: "Start a new attempt. If it happens again, look into this party's log." },
  "party/inputs-changed": {
    kind: "io",
    hint: "A stored round had begun with other messages and is not answered again. Wait for the next attempt.",
  },
  "party/worker-crashed": { kind: "io", hint: "Start a new attempt: the worker has been replaced." },
  "party/backup-folder": {
    kind: "io",
    hint: "Look for the folder's rights and for space on its disk. The party tries again every minute.",
  },
  "party/store-unavailable": {
    kind: "io",
    hint: "Look for space on the disk and for a newer version of the program in another tab, reload, and try again.",
  },
  "party/restarted": {
    kind: "io",
    hint: "The party has restarted and lost what it had in memory of the attempt. Wait for the next attempt.",
  },
  "party/instance-lost": {
    kind: "io",
    hint: "Wait for the next attempt. If it happens often, look for processes that stand still, or that share a PARTY_INSTANCE_ID.",
  },
  "party/pair-undecided": {
    kind: "io",
    hint: "An instance of the party is without a sign of life and has open checks. Try again in a minute, or choose another quorum.",
  },
  "party/unknown-protocol": {
    kind: "usage",
    hint: "This party does not run that protocol or scheme. Choose another, or upgrade the party.",
  },
  "party/unreadable-secret": {
    kind: "usage",
    hint: "Configure the master key that sealed the stored secrets (also former ones), or have the share repaired.",
  },
  "party/not-a-member": {
    kind: "usage",
    hint: "Name the party with the identity key and index that it holds, or leave it out.",
  },
  "party/bad-quorum": {
    kind: "usage",
    hint: "Choose exactly t holders of the key out of the eligible ones, with all required ones.",
  },
  "party/derivation-mismatch": {
    kind: "bug",
    hint: "Nothing was reported and the intent has no result. Report this fault before more is signed with the key.",
  },
  "party/chain-missing": {
    kind: "io",
    hint: "Nothing to do: the party has asked for the certificates that it lacks, and the next attempt finds them.",
  },
  "party/epoch-behind": {
    kind: "io",
    hint: "The party and who asked know different epochs of the key. The certificates are on their way: try again.",
  },
  "party/epoch-number": {
    kind: "usage",
    hint: "Ask the holders of the key for the highest number that they know, and sign a new intent with one above it.",
  },
  "party/runs-in-doubt": {
    kind: "usage",
    hint: "Ask for a reshare of the key that leaves the silent holders out. Until it commits, this party joins nothing else.",
  },
  "party/epoch-superseded": {
    kind: "io",
    hint: "Nothing to do: a newer epoch of the key was committed meanwhile, and the next attempt uses it.",
  },
  "party/pair-superseded": {
    kind: "io",
    hint: "Nothing to do: the two parties made their pair anew meanwhile, and the next attempt uses the new one.",
  },
  "party/renewals-exhausted": {
    kind: "usage",
    hint: "Refresh the key, which makes all pairs new. A pair is renewed at most 16 times in one epoch.",
  },
  "party/not-burned": {
    kind: "usage",
    hint: "Clear a pair only after a failed check burned it: `covault party pairs` shows which. Every other pair is renewed without it.",
  },
  "party/pair-mismatch": {
    kind: "io",
    hint: "The members named in the message do not have the same pair. Nothing was sent; choose another quorum, or renew the pair.",
  },
  "party/pair-generation": {
    kind: "usage",
    hint: "Ask both ends of the pair for the highest generation that they know, and sign a new intent with one above it.",
  },
  "party/pair-uncleared": {
    kind: "usage",
    hint: "A failed check stands against the pair. The operator of this party looks into it, and then runs `covault pair clear`.",
  },
  "party/unknown-share": {
    kind: "usage",
    hint: "This party holds no committed share of that key and epoch. Ask for the current epoch.",
  },
  "party/share-held": {
    kind: "usage",
    hint: "Nothing to repair. If the share was stolen rather than lost, ask for a refresh or a recovery, which changes all shares.",
  },
  "party/wrong-key": {
    kind: "usage",
    hint: "The intent's key, scheme, tenant or threshold is not that of the share. Make the intent again.",
  },
  "party/policy-denied": { kind: "usage", hint: "The key's policy does not allow this. Ask its owner to change the policy." },
  "party/import-refused": {
    kind: "usage",
    hint: "The party takes no import, or has no key any more that this one was sealed to. Its operator allows imports with IMPORT_ALLOWED.",
  },
  "party/recipient-refused": {
    kind: "usage",
    hint: "The party exports to no such key. Its operator lists the recipients in EXPORT_RECIPIENTS, and nobody else does.",
  },
  "party/intent-replayed": { kind: "usage", hint: "The intent was used before. Fetch its result, or sign a new intent." },
  "party/restored": {
    kind: "usage",
    hint: "The party's store was restored from a backup after this intent was made. Sign a new intent.",
  },
  "party/pair-burned": {
    kind: "usage",
    hint: "Choose another quorum. docs/operations.md, A burned pair, says how the two operators clear it, so that it is renewed.",
  },
  "party/pairs-missing": {
    kind: "usage",
    hint: "The pair was lost by a restore or a repair, or its renewal is not certified yet. It is made anew by a renewal, which a signature waits for.",
  },
  "party/busy": { kind: "io", hint: "The party runs as many sessions as it may. Try again in a moment." },
  "party/version-mismatch": {
    kind: "io",
    hint: "The members run different versions of the protocol. Upgrade the older ones.",
  },
  "party/cancelled": { kind: "io", hint: "The attempt was ended from outside. Wait for the next attempt." },
  "party/strikes": {
    kind: "cheat",
    hint: "Too many checks with this partner were interrupted. Choose another quorum until the pair is renewed.",
  },
  // crypto: the platform's cryptography
  "crypto/bad-argument": { kind: "usage", hint: "Give bytes of the length, or text of the form, that the message names." },
  // channel: sealed and signed messages between two parties
  "channel/bad-key": { kind: "usage", hint: "Give a key of exactly 32 bytes that is not one of the few weak points." },
  "channel/bad-context": {
    kind: "bug",
    hint: "A message was sealed for another attempt, sender or receiver than its channel's. Report it.",
  },
  "channel/round-reused": {
    kind: "bug",
    hint: "A round is sealed once. Send the stored bytes again, or start a new attempt.",
  },
  // service-kit: the edges of every service
  "config/bad-value": {
    kind: "usage",
    hint: "Correct the named variables in the environment or the .env file and start again.",
  },
  "config/unusable-file": {
    kind: "usage",
    hint: "Make room on the disk, or correct the path or the rights of what is named, and start again.",
  },
  "config/lost-secret": {
    kind: "usage",
    hint: "Restore the named files from a backup of the folder and start again, or set DATA_DIR to an empty folder for a new system.",
  },
  "config/other-key": {
    kind: "usage",
    hint: "Set the variable to the key that this data folder was used with, or leave it out if the folder has the key itself.",
  },
  "config/foreign-database": {
    kind: "usage",
    hint: "Give every service and every party a database of its own: correct DATABASE_URL (or POSTGRES_HOST and its kin).",
  },
  "http/port-taken": {
    kind: "usage",
    hint: "Stop the process that has the port, or choose another port by the named setting.",
  },
  "http/bad-request": { kind: "usage", hint: "Correct the field that the message names." },
  "http/unauthorized": { kind: "usage", hint: "Send a valid API key in the header X-API-Key." },
  "http/address-refused": { kind: "usage", hint: "Call from an address of the allow list (ALLOWED_IPS)." },
  "http/unreadable-address": {
    kind: "usage",
    hint: "Let the proxy write the caller's address into X-Forwarded-For: an IPv4 or IPv6 address, with or without its port.",
  },
  "http/not-found": { kind: "usage", hint: "Check the path and the id. A service with an API lists its routes at /docs." },
  "http/body-too-large": { kind: "usage", hint: "Send a smaller body." },
  "http/unsupported-media-type": { kind: "usage", hint: "Send the body as application/json." },
  "http/too-many-requests": { kind: "usage", hint: "Slow down and try again after the time in the header Retry-After." },
  "http/internal": { kind: "bug", hint: "Look up the request id in the log of the service and report it." },
  "http/unavailable": { kind: "io", hint: "Try again shortly; /health/ready says which part is down." },
  "database/in-use": { kind: "usage", hint: "Another process holds this data folder. Stop it, or use another folder." },
  "database/unavailable": {
    kind: "io",
    hint: "Ask again shortly, with the same Idempotency-Key; /health/ready says which part is down.",
  },
  "database/bad-migration": {
    kind: "bug",
    hint: "Applied migrations never change: restore the file, and put the change in a new one.",
  },
  "broker/queue-full": { kind: "io", hint: "The receiver is slow or away. Try again later." },
  "broker/unavailable": { kind: "io", hint: "The message broker does not answer. Try again shortly." },
  // router
  "router/not-authenticated": {
    kind: "usage",
    hint: "Sign the challenge of this stream with the identity key of the roster.",
  },
  "router/bad-frame": { kind: "usage", hint: "Send the frames of router.proto in their order." },
  "router/bad-welcome": {
    kind: "io",
    hint: "The router's bounds are not those of this version. Upgrade it, or look at what carries the stream; the party tries again by itself.",
  },
  "router/frame-too-large": { kind: "usage", hint: "Send a payload within frame_bytes_max of the Welcome." },
  "router/unknown-party": { kind: "usage", hint: "The receiver is neither in the roster nor a device." },
  "router/peer-offline": { kind: "io", hint: "The receiver is not connected. Try again, or give the message time to wait." },
  "router/queue-full": { kind: "io", hint: "The receiver is slow or away and its queue is full. Try again later." },
  "router/replaced": { kind: "io", hint: "If two processes run under one PARTY_INSTANCE_ID, give each its own." },
  // coordinator
  "coordinator/unknown-session": { kind: "usage", hint: "Check the session's id; opening it answered with it." },
  "coordinator/session-exists": { kind: "usage", hint: "Choose a new session id for another intent." },
  "coordinator/superseded": { kind: "io", hint: "Ask again. The next run continues the key's newest epoch." },
  "coordinator/lifecycle-running": {
    kind: "usage",
    hint: "Wait until the other session of this key is over, or abort it, then ask again. A staged one does not count.",
  },
  "coordinator/unknown-key": {
    kind: "usage",
    hint: "Send the key's certificate with the intent: this coordinator has not seen the key's holders.",
  },
  "coordinator/key-founded": {
    kind: "usage",
    hint: "Find out whose session this is: a key id is founded once, and honest parties never make one twice.",
  },
  "coordinator/already-committed": {
    kind: "usage",
    hint: "GET the session: its result is the certificate. The key is usable.",
  },
  "coordinator/not-abandonable": { kind: "usage", hint: "Let the session end by itself; it ends when its intent expires." },
  "coordinator/not-abortable": { kind: "usage", hint: "Wait for its end. The account service abandons a keygen that fails by itself." },
  "coordinator/aborted": { kind: "usage", hint: "Somebody ended the session. Ask again if it is still wanted." },
  "coordinator/abandoned": { kind: "usage", hint: "Open a new session if the key is still wanted." },
  "coordinator/declined": {
    kind: "usage",
    hint: "Ask the operators of the named parties why they refuse, or name other parties.",
  },
  "coordinator/no-quorum": {
    kind: "usage",
    hint: "Repeating does not help. Name other parties in the account's signing configuration, if it leaves some out or requires one whose pairs are burned (covault party show). Otherwise have the pair cleared at both ends and renew it, or refresh the key.",
  },
  "coordinator/parties-missing": { kind: "io", hint: "Start the parties named in the message, then ask again." },
  "coordinator/no-progress": {
    kind: "io",
    hint: "Messages between parties did not come. Look at the session's events, then ask again.",
  },
  "coordinator/restarted": {
    kind: "io",
    hint: "The attempt's members were gone after a restart; another attempt took its place.",
  },
  "coordinator/completed": { kind: "io", hint: "Nothing to do: an earlier attempt brought the signature." },
  "coordinator/attempts-exhausted": { kind: "io", hint: "Look at the session's events for what went wrong, then ask again." },
  "coordinator/expired": { kind: "io", hint: "Sign a new intent with more time, and look at the session's events." },
  "coordinator/busy": { kind: "io", hint: "Too many writers at once on one session. Try again." },
  // server-party: a party as a Node process (services/server-party)
  "party/foreign-store": {
    kind: "usage",
    hint: "Give every party a database schema of its own; check PARTY_ID and DATABASE_URL.",
  },
  "party/wrong-master-key": {
    kind: "usage",
    hint: "Set CRYPTO_MASTER_KEY to the key that this party's store was made with; former keys go to CRYPTO_MASTER_KEY_FORMER.",
  },
  "party/generation-unavailable": {
    kind: "io",
    hint: "Make what GENERATION_FILE or GENERATION_DATABASE_URL names readable and writable for the party. Until then it cannot tell a restored store from the live one.",
  },
  "party/foreign-generation": {
    kind: "usage",
    hint: "Give every party a GENERATION_FILE of its own.",
  },
  // sdk: made by the client of callers, which has no answer to take a code from
  "chains/wrong-address": {
    kind: "io",
    hint: "Pay and show none of these addresses. Compare the account's keys with those that were shown when it was made.",
  },
  "sdk/bad-base-url": { kind: "usage", hint: "Give the account service's URL with http:// or https://." },
  "sdk/bad-api-key": { kind: "usage", hint: "Give the API key, by custom from MPC_API_KEY." },
  "sdk/bad-idempotency-key": { kind: "usage", hint: "Give 1 to 255 printable ASCII characters without spaces, or none." },
  "sdk/bad-argument": { kind: "usage", hint: "Fix the argument that the message names. Nothing was sent." },
  "sdk/unreachable": { kind: "io", hint: "Check the URL, and that the system runs (npm start)." },
  "sdk/bad-answer": { kind: "io", hint: "Check the URL: it is the account service's, port 4000 by default." },
  "sdk/aborted": { kind: "io", hint: "The work goes on: ask again with the same idempotency key." },
  // cli: the command line
  "cli/no-api-key": {
    kind: "usage",
    hint: "Give --api-key, set MPC_API_KEY, or run this in the folder in which covault start runs.",
  },
  "cli/bad-arguments": { kind: "usage", hint: "Look at covault help, or at the --help of the command." },
  "cli/bad-url": { kind: "usage", hint: "Write the URL with http:// or https://." },
  "cli/not-confirmed": { kind: "usage", hint: "Run this again with --yes if you mean it." },
  "cli/unknown-party": { kind: "usage", hint: "Take the id from covault party show." },
  "cli/coordinator-unreachable": {
    kind: "io",
    hint: "Check --coordinator-url or COVAULT_COORDINATOR_URL, and that the system runs (npm start).",
  },
  "cli/unreadable-file": { kind: "usage", hint: "Name a file that is there and that you may read." },
  "cli/unwritable-file": { kind: "usage", hint: "Name a file in a folder that is there and that you may write to." },
  "cli/internal": { kind: "bug", hint: "Run again with DEBUG=covault to see where it happened, and report it." },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof codes;
