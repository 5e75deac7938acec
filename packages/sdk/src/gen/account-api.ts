// Made from packages/api by npm run generate:sdk. Do not edit.

export interface paths {
    readonly "/api/v1/accounts": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Accounts, oldest first */
        readonly get: operations["listAccounts"];
        readonly put?: never;
        /** Make keys that never exist in one place */
        readonly post: operations["createAccount"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/import-recipient": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A party's key for one import, good for ten minutes */
        readonly get: operations["getImportRecipient"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/import": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Make an account of a key that exists in one place. It shows for good that it was imported. */
        readonly post: operations["importAccount"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One account */
        readonly get: operations["getAccount"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/keys": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The account's keys, with what anybody needs to verify them and to derive their children */
        readonly get: operations["listKeys"];
        readonly put?: never;
        /** Make a key of a further scheme for the account */
        readonly post: operations["addKey"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/addresses": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Where the account is paid, by chain and path */
        readonly get: operations["getAddresses"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/sign": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Sign a digest, a message or a transaction */
        readonly post: operations["sign"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/signing-configuration": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Who signs, and in what order of preference */
        readonly get: operations["getSigningConfiguration"];
        /** Choose who signs, and in what order of preference */
        readonly put: operations["setSigningConfiguration"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/refresh": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Make the shares of a key anew, for the same holders */
        readonly post: operations["refresh"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/reshare": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Give a key other holders, or another threshold */
        readonly post: operations["reshare"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/recover": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Make the lost share of one holder anew */
        readonly post: operations["recover"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/renew": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Make the pair of two holders anew, without the others */
        readonly post: operations["renew"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/repair": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Give a holder its lost share back, without a further epoch */
        readonly post: operations["repair"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/export": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Have the holders of a key seal their shares to a recipient that each of them lists. It ends threshold protection for good. */
        readonly post: operations["exportKey"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/accounts/{id}/backups": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What the holders said that they have sealed, when they were asked last */
        readonly get: operations["listBackups"];
        readonly put?: never;
        /** Let the holders seal their shares now, each to the recipients of its own settings */
        readonly post: operations["createBackups"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/sessions/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A session: status, parties, result, events */
        readonly get: operations["getSession"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/sessions/{id}/abort": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Make no further attempt of a session. What was signed stays signed, and what is staged may still be certified. */
        readonly post: operations["abortSession"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/events": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Events after a number, oldest first */
        readonly get: operations["listEvents"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/audit": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Entries of the event log after a number, oldest first */
        readonly get: operations["listAudit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/audit/export": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The event log with its checkpoints, to be verified offline */
        readonly get: operations["exportAudit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/health/live": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The process answers */
        readonly get: operations["getLiveness"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/health": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Its parts answer */
        readonly get: operations["getHealth"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/health/ready": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Its parts answer */
        readonly get: operations["getReadiness"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A user's account: keys that never exist in one place */
        readonly Account: {
            readonly id: string;
            readonly user_id: string;
            readonly name: string | null;
            /** @enum {string} */
            readonly status: "creating" | "active" | "failed";
            /**
             * @description Of the first key
             * @enum {string}
             */
            readonly scheme: "ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340";
            /** @description How many parties sign */
            readonly threshold_t: number;
            /** @description How many parties hold a share */
            readonly threshold_n: number;
            /** @description Of the first key, in its scheme's form. Null unless active. */
            readonly public_key: string | null;
            /** @description Of all keys, path m */
            readonly addresses: components["schemas"]["Addresses"];
            /** @description One of each scheme; none unless active */
            readonly keys: readonly components["schemas"]["KeySummary"][];
            readonly keygen_session_id: string;
            readonly parties: readonly components["schemas"]["AccountParty"][];
            /** @description Why the keygen failed. Null unless it failed. */
            readonly error: {
                /** @description docs/errors.md lists them */
                readonly code: string;
                readonly message: string;
            } | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            readonly created_at: string;
        };
        /**
         * @example {
         *       "accounts": [],
         *       "altered": [],
         *       "next_cursor": null
         *     }
         */
        readonly AccountList: {
            readonly accounts: readonly components["schemas"]["Account"][];
            /** @description The ids of accounts of this page whose stored rows this service did not write. They are left out, and reading one is refused. */
            readonly altered: readonly string[];
            /** @description Where the next page begins. Null on the last page. */
            readonly next_cursor: string | null;
        };
        /**
         * @description A party that holds a share
         * @example {
         *       "party_id": "server-party-1",
         *       "role": "persistent",
         *       "share_index": 1
         *     }
         */
        readonly AccountParty: {
            readonly party_id: string;
            readonly role: string;
            /** @description Its Shamir point */
            readonly share_index: number;
        };
        /**
         * @example {
         *       "scheme": "eddsa-ed25519"
         *     }
         */
        readonly AddKeyRequest: {
            /** @enum {string} */
            readonly scheme: "ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340";
        };
        /**
         * @example {
         *       "network": "mainnet",
         *       "addresses": [
         *         {
         *           "path": "m/0/5",
         *           "evm": "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"
         *         }
         *       ]
         *     }
         */
        readonly AddressList: {
            /** @enum {string} */
            readonly network: "mainnet" | "testnet" | "signet" | "regtest";
            /** @description By path, ascending */
            readonly addresses: readonly {
                /** @description EIP-55 */
                readonly evm?: string;
                /** @description Base58Check */
                readonly tron?: string;
                /** @description Bech32, segwit version 0 */
                readonly bitcoin_p2wpkh?: string;
                /** @description Bech32m, segwit version 1: the output of the key without scripts */
                readonly bitcoin_p2tr?: string;
                /** @description Base58 */
                readonly solana?: string;
                readonly path: string;
            }[];
        };
        /**
         * @description Where a key, or several, are paid. A chain whose signatures none of them makes is absent.
         * @example {
         *       "evm": "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"
         *     }
         */
        readonly Addresses: {
            /** @description EIP-55 */
            readonly evm?: string;
            /** @description Base58Check */
            readonly tron?: string;
            /** @description Bech32, segwit version 0 */
            readonly bitcoin_p2wpkh?: string;
            /** @description Bech32m, segwit version 1: the output of the key without scripts */
            readonly bitcoin_p2tr?: string;
            /** @description Base58 */
            readonly solana?: string;
        };
        /** @description An event with what binds it to the log */
        readonly AuditEntry: {
            /** @description Its number in the tenant's log, from 1 */
            readonly seq: string;
            /** @description RFC 3339, in UTC */
            readonly at: string;
            /** @description Who did it: kind, id, ip */
            readonly actor: {
                readonly [key: string]: string;
            };
            /** @enum {string} */
            readonly act: "account.created" | "account.activated" | "account.failed" | "key.created" | "key.refreshed" | "key.reshared" | "key.recovered" | "key.renewed" | "key.repaired" | "key.burned" | "key.exported" | "backups.asked" | "abandonment.delivered" | "signing_configuration.changed" | "session.opened" | "session.completed" | "session.failed" | "session.aborted" | "api_key.created" | "api_key.revoked" | "tenant.created" | "access.denied" | "audit.checkpoint";
            /** @description The ids of what it was done to */
            readonly object: {
                readonly [key: string]: string;
            };
            /** @description Hashes and facts */
            readonly data: {
                readonly [key: string]: unknown;
            };
            /** @description The hash of the entry before it */
            readonly prev: string;
            /** @description SHA-256 over a zero byte and the entry as an export has it */
            readonly hash: string;
            readonly tenant: string;
        };
        readonly AuditList: {
            readonly entries: readonly components["schemas"]["AuditEntry"][];
            /** @description The number to ask after next: of the last entry here, or the one that was given */
            readonly last: string;
        };
        /**
         * @example {
         *       "keys": []
         *     }
         */
        readonly BackupList: {
            readonly keys: readonly components["schemas"]["KeyBackups"][];
        };
        readonly BackupParty: {
            readonly party_id: string;
            readonly share_index: number;
            /**
             * @description answered: for this epoch; behind: for another one, which counts for nothing; silent: it has not answered yet
             * @enum {string}
             */
            readonly state: "answered" | "behind" | "silent";
            /** @description When it answered. Null where it has not. */
            readonly said_at: string | null;
            /** @description Whom it has sealed its share of this epoch to, as it has signed */
            readonly copies: readonly components["schemas"]["SealedCopy"][];
        };
        /**
         * @example {
         *       "user_id": "user123"
         *     }
         * @example {
         *       "user_id": "user123",
         *       "schemes": [
         *         "ecdsa-secp256k1",
         *         "eddsa-ed25519"
         *       ],
         *       "threshold_t": 2,
         *       "threshold_n": 3
         *     }
         */
        readonly CreateAccountRequest: {
            /** @description Your name for the account's owner */
            readonly user_id: string;
            readonly name?: string;
            /**
             * @description What the key signs by: ecdsa-secp256k1 unless given
             * @enum {string}
             */
            readonly scheme?: "ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340";
            /** @description In the place of scheme: a key of each, all of them usable or none */
            readonly schemes?: readonly ("ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340")[];
            /** @description How many parties sign, at most threshold_n: 2 unless given */
            readonly threshold_t?: number;
            /** @description How many parties hold a share: 3 unless given */
            readonly threshold_n?: number;
        };
        /** @example {} */
        readonly CreateBackupsRequest: {
            /** @description Which key, by its scheme or key id. Without it, each of the account's is meant. */
            readonly key?: ("ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340") | string;
        };
        /**
         * @description Why a request was refused
         * @example {
         *       "code": "account/bad-digest",
         *       "message": "digest: it is not hex.",
         *       "hint": "Send the digest as 64 hex characters, with or without 0x; to a key of Ed25519 the message itself, of up to 64 KiB.",
         *       "type": "/docs/errors#account-bad-digest",
         *       "title": "Bad digest",
         *       "status": 400,
         *       "detail": "digest: it is not hex.",
         *       "instance": "req_01j9qs8r2fhd8a6k3v5w7xy0bc",
         *       "errors": [
         *         {
         *           "pointer": "/digest",
         *           "message": "digest: it is not hex."
         *         }
         *       ]
         *     }
         */
        readonly Error: {
            /** @description What programs branch on; docs/errors.md lists them */
            readonly code: string;
            /** @description What happened, with the values */
            readonly message: string;
            /** @description What to do now */
            readonly hint: string;
            /** @description Where the code is explained, relative to the service */
            readonly type: string;
            /** @description The code in words */
            readonly title: string;
            /** @description The HTTP status */
            readonly status: number;
            /** @description The same as message */
            readonly detail: string;
            /** @description The request's id, as in X-Request-Id */
            readonly instance: string;
            /** @description What is wrong in the body, with 400 and 422 alone */
            readonly errors?: readonly {
                /** @description A JSON Pointer (RFC 6901) into the body */
                readonly pointer: string;
                readonly message: string;
            }[];
            /** @description The session that failed, where there is one */
            readonly session_id?: string;
        };
        /**
         * @description Something that happened
         * @example {
         *       "seq": "1",
         *       "at": "2026-11-30T10:00:00.123Z",
         *       "actor": {
         *         "kind": "api_key",
         *         "id": "configured",
         *         "ip": "127.0.0.1"
         *       },
         *       "act": "account.created",
         *       "object": {
         *         "account_id": "acc_01j9qs8r2fhd8a6k3v5w7xy0bc"
         *       },
         *       "data": {}
         *     }
         */
        readonly Event: {
            /** @description Its number in the tenant's log, from 1 */
            readonly seq: string;
            /** @description RFC 3339, in UTC */
            readonly at: string;
            /** @description Who did it: kind, id, ip */
            readonly actor: {
                readonly [key: string]: string;
            };
            /** @enum {string} */
            readonly act: "account.created" | "account.activated" | "account.failed" | "key.created" | "key.refreshed" | "key.reshared" | "key.recovered" | "key.renewed" | "key.repaired" | "key.burned" | "key.exported" | "backups.asked" | "abandonment.delivered" | "signing_configuration.changed" | "session.opened" | "session.completed" | "session.failed" | "session.aborted" | "api_key.created" | "api_key.revoked" | "tenant.created" | "access.denied" | "audit.checkpoint";
            /** @description The ids of what it was done to */
            readonly object: {
                readonly [key: string]: string;
            };
            /** @description Hashes and facts */
            readonly data: {
                readonly [key: string]: unknown;
            };
        };
        /**
         * @example {
         *       "events": [
         *         {
         *           "seq": "1",
         *           "at": "2026-11-30T10:00:00.123Z",
         *           "actor": {
         *             "kind": "api_key",
         *             "id": "configured",
         *             "ip": "127.0.0.1"
         *           },
         *           "act": "account.created",
         *           "object": {
         *             "account_id": "acc_01j9qs8r2fhd8a6k3v5w7xy0bc"
         *           },
         *           "data": {}
         *         }
         *       ],
         *       "last": "1"
         *     }
         */
        readonly EventList: {
            readonly events: readonly components["schemas"]["Event"][];
            /** @description The number to ask after next: of the last entry here, or the one that was given */
            readonly last: string;
        };
        /**
         * @example {
         *       "recipient": "0x6f1d4c0e6f3a52f0a9c1b7f7f3e3d6c28e0b1a4d95c7e2f18a3b6d9c0e5f7a21",
         *       "reason": "Moving to another custodian"
         *     }
         */
        readonly ExportRequest: {
            /** @description Which key, by its scheme or key id. It may be left out where the account has one key. */
            readonly key?: ("ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340") | string;
            /** @description The fingerprint of the recipient: SHA-256 of its compressed public key. Each party has to list that key itself. */
            readonly recipient: string;
            /** @description Why, for the people who read the event log and the logs of the parties */
            readonly reason: string;
        };
        /**
         * @example {
         *       "status": "ok",
         *       "service": "account",
         *       "version": "0.2.0",
         *       "checks": {
         *         "database": "ok"
         *       }
         *     }
         */
        readonly Health: {
            /** @enum {string} */
            readonly status: "ok" | "unavailable";
            readonly service: string;
            readonly version: string;
            /** @description Each part by its name */
            readonly checks: {
                readonly [key: string]: "ok" | "failed";
            };
            /** @description The roster in use */
            readonly roster?: {
                readonly serial: string;
                /** @description The code of the error that keeps the newest roster in place from being used */
                readonly refused?: string;
            };
        };
        /**
         * @example {
         *       "party_id": "server-party-1",
         *       "recipient": "0x5a5a",
         *       "statement": "CiA=",
         *       "expires_at": "2026-12-01T10:00:00Z"
         *     }
         */
        readonly ImportRecipient: {
            readonly party_id: string;
            /** @description X25519, for one import: 0x and 64 hex characters */
            readonly recipient: string;
            /** @description Base64: what the party has signed. Whoever seals a private key verifies it with the roster, or seals it to a stranger. */
            readonly statement: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            readonly expires_at: string;
        };
        readonly ImportRequest: {
            /** @description Your name for the account's owner */
            readonly user_id: string;
            readonly name?: string;
            /** @enum {string} */
            readonly scheme: "ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340";
            /** @description How many parties sign, at most threshold_n: 2 unless given */
            readonly threshold_t?: number;
            /** @description How many parties hold a share: 3 unless given */
            readonly threshold_n?: number;
            /** @description Of the key that is imported, in its scheme's form: compressed, 33 bytes, for ECDSA, and 32 bytes for the others */
            readonly public_key: string;
            /** @description What its children follow from. Fresh random bytes unless given */
            readonly chain_code?: string;
            /** @description The party that the key is sealed to, and deals it */
            readonly party_id: string;
            /** @description The party's key for this import, as GET /api/v1/import-recipient gave it */
            readonly recipient: string;
            /** @description The private key, sealed to it by covault import */
            readonly sealed_key: string;
        };
        /** @description A key, with what anybody needs to verify it and to derive its children */
        readonly Key: {
            /** @description 0x and 64 hex characters */
            readonly key_id: string;
            /** @enum {string} */
            readonly scheme: "ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340";
            /** @description In the scheme's form: compressed, 33 bytes, for ECDSA, and 32 bytes for the others */
            readonly public_key: string;
            /** @description The number of its epoch. It grows whenever its shares are made anew, and may skip. */
            readonly epoch: number;
            /** @description What children follow from, beside the public key */
            readonly chain_code: string;
            /** @description BIP-32. Null for Ed25519, whose children follow rules of their own. */
            readonly xpub: string | null;
            /** @description Of path m */
            readonly addresses: components["schemas"]["Addresses"];
            readonly threshold_t: number;
            readonly parties: readonly components["schemas"]["AccountParty"][];
            readonly keygen_session_id: string;
            /** @description Whether the key has been whole in one place, or t of its holders may have made it so. It stays for good. */
            readonly exposed: ("imported" | "exported") | null;
            /** @description Whether at least threshold_t holders of this epoch have said that they have sealed their shares: GET the account's backups */
            readonly backed_up: boolean;
            /** @description Base64: the founding certificate and every later one, for whoever verifies the key */
            readonly certificates: readonly string[];
        };
        readonly KeyBackups: {
            readonly key_id: string;
            /** @enum {string} */
            readonly scheme: "ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340";
            readonly epoch: number;
            readonly threshold_t: number;
            /** @description Whether at least threshold_t holders have sealed their shares of this epoch to somebody */
            readonly backed_up: boolean;
            /** @description All holders of the epoch */
            readonly parties: readonly components["schemas"]["BackupParty"][];
        };
        readonly KeyList: {
            /** @description One key of each scheme, the first one first */
            readonly keys: readonly components["schemas"]["Key"][];
        };
        /**
         * @description A key in short
         * @example {
         *       "key_id": "0x7f2c5d1be1b5e8a7a3f9c04d6b8e2f1097a5c3d4e6b8f0a1c2d3e4f5061728ab",
         *       "scheme": "ecdsa-secp256k1",
         *       "public_key": "0x024d4b6cd1361032ca9bd2aeb9d900aa4d45d9ead80ac9423374c451a7254d0766",
         *       "epoch": 0
         *     }
         */
        readonly KeySummary: {
            /** @description 0x and 64 hex characters */
            readonly key_id: string;
            /** @enum {string} */
            readonly scheme: "ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340";
            /** @description In the scheme's form: compressed, 33 bytes, for ECDSA, and 32 bytes for the others */
            readonly public_key: string;
            /** @description The number of its epoch. It grows whenever its shares are made anew, and may skip. */
            readonly epoch: number;
        };
        /**
         * @example {
         *       "party_id": "server-party-2"
         *     }
         */
        readonly RecoverRequest: {
            /** @description Which key, by its scheme or key id. It may be left out where the account has one key. */
            readonly key?: ("ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340") | string;
            /** @description The holder whose share is lost. It gets another for the same index. */
            readonly party_id: string;
            /** @description The identity key that the roster has for it. It is only compared: the roster alone says who gets the share. */
            readonly replacement_identity?: string;
        };
        /** @example {} */
        readonly RefreshRequest: {
            /** @description Which key, by its scheme or key id. It may be left out where the account has one key. */
            readonly key?: ("ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340") | string;
        };
        /**
         * @example {
         *       "party_id": "server-party-3",
         *       "code": "party/recipient-refused"
         *     }
         */
        readonly RefusedRelease: {
            readonly party_id: string;
            readonly code: string;
        };
        /**
         * @example {
         *       "party_id": "server-party-1",
         *       "document": "eyJjZXJ0aWZpY2F0ZXMiOlsi"
         *     }
         */
        readonly ReleasedDocument: {
            readonly party_id: string;
            /** @description Base64: a sealed share with what anybody needs to check it */
            readonly document: string;
        };
        /**
         * @example {
         *       "parties": [
         *         "server-party-1",
         *         "server-party-2"
         *       ]
         *     }
         */
        readonly RenewRequest: {
            /** @description Which key, by its scheme or key id. It may be left out where the account has one key. */
            readonly key?: ("ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340") | string;
            /** @description The two holders whose pair is made anew */
            readonly parties: readonly string[];
        };
        /**
         * @example {
         *       "party_id": "server-party-2"
         *     }
         */
        readonly RepairRequest: {
            /** @description Which key, by its scheme or key id. It may be left out where the account has one key. */
            readonly key?: ("ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340") | string;
            /** @description The holder that has lost its share, and gets the same one back. A share that may be stolen is recovered instead. */
            readonly party_id: string;
        };
        /**
         * @example {
         *       "threshold_t": 2,
         *       "threshold_n": 4
         *     }
         * @example {
         *       "leave_out": [
         *         "server-party-3"
         *       ],
         *       "threshold_n": 3
         *     }
         */
        readonly ReshareRequest: {
            /** @description Which key, by its scheme or key id. It may be left out where the account has one key. */
            readonly key?: ("ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340") | string;
            /** @description How many parties sign afterwards: as now unless given */
            readonly threshold_t?: number;
            /** @description How many parties hold a share afterwards: as now, without those of leave_out, unless given */
            readonly threshold_n?: number;
            /** @description All holders afterwards. Otherwise holders stay, and connected parties come. */
            readonly parties?: readonly string[];
            /** @description Holders that have no share afterwards, in the place of parties */
            readonly leave_out?: readonly string[];
            /** @description What remains, such as 2-of-2, where afterwards no holder can be spared: it is refused otherwise */
            readonly force?: string;
        };
        readonly SealedCopy: {
            /** @description The recipient's fingerprint: SHA-256 of its public key */
            readonly recipient: string;
            /** @description SHA-256 of the document, which stays with the party */
            readonly document: string;
            /** @description By the party's clock */
            readonly made_at: string;
        };
        /** @description One run of the parties: what for, how far, and with which result */
        readonly Session: {
            readonly session_id: string;
            readonly account_id: string;
            /** @enum {string} */
            readonly kind: "keygen" | "import" | "sign" | "refresh" | "reshare" | "recover" | "renew" | "repair" | "export";
            /**
             * @description staged: some holders have their share of a further epoch, and others have not said so: it completes, or the next one supersedes it
             * @enum {string}
             */
            readonly status: "open" | "running" | "staged" | "completed" | "failed";
            /** @description How many sign. Of a refresh, reshare or recovery: afterwards. */
            readonly threshold_t: number;
            /** @description How many hold a share, likewise */
            readonly threshold_n: number;
            readonly parties: readonly components["schemas"]["SessionParty"][];
            /** @description Whom a session that changes a key waits for: away, or without a word on what it staged */
            readonly awaited: readonly string[];
            /** @description The pairs that have to be made anew before these parties can sign, by share index. Empty otherwise. */
            readonly needs_pairs: readonly (readonly number[])[];
            readonly attempt: number;
            readonly result: components["schemas"]["SessionResult"] | null;
            /** @description Why it failed. Null unless it failed. */
            readonly error: {
                /** @description docs/errors.md lists them */
                readonly code: string;
                readonly message: string;
            } | null;
            readonly events: readonly components["schemas"]["SessionEvent"][];
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            readonly created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            readonly expires_at: string;
        };
        readonly SessionEvent: {
            /** @description Its number in the session, from 1 */
            readonly seq: number;
            readonly type: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            readonly at: string;
            readonly data: {
                readonly [key: string]: unknown;
            };
        };
        /**
         * @example {
         *       "party_id": "server-party-1",
         *       "share_index": 1,
         *       "state": "signed"
         *     }
         */
        readonly SessionParty: {
            readonly party_id: string;
            readonly share_index: number;
            readonly state: components["schemas"]["SessionPartyState"];
        };
        /**
         * @description eligible: not asked so far. acknowledged: it has done its part for a key, an epoch, a pair or a share. cancelled: its attempt ended under way. signed, unused: in or out of the quorum that signed. unknown: the coordinator is away, or did not say.
         * @enum {string}
         */
        readonly SessionPartyState: "eligible" | "invited" | "joined" | "running" | "acknowledged" | "declined" | "aborted" | "cancelled" | "signed" | "unused" | "unknown";
        readonly SessionResult: {
            /** @description For a keygen */
            readonly public_key?: string;
            /** @description For a keygen */
            readonly addresses?: components["schemas"]["Addresses"];
            /** @description For a signature */
            readonly digest?: string;
            /** @description For a signature: what was signed, a digest or the message */
            readonly message?: string;
            /** @description For a signature */
            readonly signature?: components["schemas"]["Signature"];
            /** @description For a signature */
            readonly signatures?: readonly components["schemas"]["SignedInput"][];
            /** @description For a session that changes or exports a key */
            readonly key_id?: string;
            /**
             * @description For a session that changes or exports a key: of the key
             * @enum {string}
             */
            readonly scheme?: "ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340";
            /** @description For a session that changes a key: the number of the epoch that it made, or was in. For an export: of its shares */
            readonly epoch?: number;
            /** @description For a renewal: the ids of the two ends of the pair */
            readonly renewed?: readonly string[];
            /** @description For a renewal: which making of the pair within its epoch, from 1 */
            readonly generation?: number;
            /** @description For a repair: the id of the party that has its share again */
            readonly repaired?: string;
            /** @description For an export: the fingerprint of the recipient */
            readonly recipient?: string;
            /** @description For an export: what each holder that consents has sealed. covault recover-key joins t of them, with the recipient's key. */
            readonly documents?: readonly components["schemas"]["ReleasedDocument"][];
            /** @description For an export: the holders that refuse, and why */
            readonly refused?: readonly components["schemas"]["RefusedRelease"][];
        };
        /**
         * @example {
         *       "parties": [
         *         "server-party-3",
         *         "server-party-1"
         *       ],
         *       "required": [
         *         "server-party-3"
         *       ]
         *     }
         */
        readonly SetSigningConfigurationRequest: {
            /** @description Party ids in order of preference */
            readonly parties: readonly string[];
            /**
             * @description Party ids without which nothing is signed
             * @default []
             */
            readonly required?: readonly string[];
        };
        /**
         * @description Exactly one of digest, message and transaction
         * @example {
         *       "digest": "0x0000000000000000000000000000000000000000000000000000000000000001"
         *     }
         * @example {
         *       "transaction": {
         *         "type": "evm_personal_message",
         *         "text": "hello"
         *       }
         *     }
         */
        readonly SignRequest: {
            /** @description What is signed: 32 bytes, hex with or without 0x */
            readonly digest?: string;
            /** @description For Ed25519 the message, up to 65536 bytes in hex. For other keys the digest by another name. */
            readonly message?: string;
            readonly transaction?: components["schemas"]["Transaction"];
            /**
             * @description Of the key that signs: the account's first unless given
             * @enum {string}
             */
            readonly scheme?: "ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340";
            /** @description Of the key that signs, in the place of scheme */
            readonly key_id?: string;
            /**
             * @description Non-hardened steps from the key, for example m/0/5; m is the key itself
             * @example m/0/5
             */
            readonly derivation_path?: string;
            /** @description For a BIP-340 key: its Taproot output signs (BIP-341), and not the key itself */
            readonly taproot?: {
                /** @description Of the output's scripts; absent where it has none */
                readonly merkle_root?: string;
            };
        } & (unknown | unknown | unknown);
        /**
         * @example {
         *       "r": "0x1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b",
         *       "s": "0x2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c",
         *       "recovery_id": 0,
         *       "hex": "0x1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c1b"
         *     }
         */
        readonly Signature: {
            /** @description 0x and 64 hex characters */
            readonly r: string;
            /** @description 0x and 64 hex characters. For ECDSA it is low, at most half the order. */
            readonly s: string;
            /** @description For ECDSA: 0 or 1 */
            readonly recovery_id?: number;
            /** @description r || s. For ECDSA v follows it, 27 or 28, so that it has 65 bytes. */
            readonly hex: string;
        };
        readonly SignatureResult: {
            readonly session_id: string;
            /** @description Of the key that signed */
            readonly keygen_session_id: string;
            /** @description What was signed, with 0x; absent where it is the message itself */
            readonly digest?: string;
            /** @description The digest by its other name, or the message */
            readonly message: string;
            readonly signature: components["schemas"]["Signature"];
            /** @description Every signature of the session */
            readonly signatures: readonly components["schemas"]["SignedInput"][];
        };
        /** @description One signature of a session */
        readonly SignedInput: {
            readonly index: number;
            readonly key_id: string;
            /** @enum {string} */
            readonly scheme: "ecdsa-secp256k1" | "eddsa-ed25519" | "schnorr-bip340";
            readonly path: string;
            /** @description What it verifies under: the key, its child by the path, or the Taproot output of that */
            readonly public_key: string;
            readonly taproot: boolean;
            /** @description Of public_key, on mainnet: EVM for ECDSA, Solana for Ed25519, P2TR for a Taproot output. Absent for a BIP-340 key that signs as itself. */
            readonly address?: string;
            /** @description Absent where the message itself is signed */
            readonly digest?: string;
            readonly message: string;
            readonly hex: string;
        };
        /**
         * @example {
         *       "parties": [
         *         "server-party-3",
         *         "server-party-1"
         *       ],
         *       "required": [
         *         "server-party-3"
         *       ]
         *     }
         */
        readonly SigningConfiguration: {
            /** @description Party ids in order of preference */
            readonly parties: readonly string[];
            /** @description Party ids without which nothing is signed */
            readonly required: readonly string[];
        };
        /**
         * @description A payload that every party reads and hashes itself
         * @example {
         *       "type": "evm_personal_message",
         *       "text": "hello"
         *     }
         */
        readonly Transaction: {
            /**
             * @description evm_personal_message: EIP-191, which every party prefixes and hashes itself
             * @enum {string}
             */
            readonly type: "evm_personal_message";
            /** @description The message, which is signed as UTF-8 */
            readonly text?: string;
            /** @description The message in hex, in the place of text */
            readonly bytes?: string;
            /**
             * @description Non-hardened steps from the key, for example m/0/5; m is the key itself
             * @example m/0/5
             */
            readonly derivation_path?: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description The request's id, which the log of the service has, and an error as its instance */
        readonly "X-Request-Id": string;
        /** @description The seconds after which the request may succeed */
        readonly "Retry-After": number;
        /** @description Where the thing that was made is read */
        readonly Location: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly listAccounts: {
        readonly parameters: {
            readonly query?: {
                readonly user_id?: string;
                /** @description The most accounts of a page */
                readonly limit?: number;
                /** @description next_cursor of the page before */
                readonly cursor?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly createAccount: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key again answers with the first result; with another body it answers 409. */
                readonly "Idempotency-Key"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["CreateAccountRequest"];
            };
        };
        readonly responses: never;
    };
    readonly getImportRecipient: {
        readonly parameters: {
            readonly query: {
                /** @description The party, which its caller names: it deals the key, and sees it */
                readonly party_id: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly importAccount: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key again answers with the first result; with another body it answers 409. */
                readonly "Idempotency-Key"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ImportRequest"];
            };
        };
        readonly responses: never;
    };
    readonly getAccount: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly listKeys: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly addKey: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key again answers with the first result; with another body it answers 409. */
                readonly "Idempotency-Key"?: string;
            };
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["AddKeyRequest"];
            };
        };
        readonly responses: never;
    };
    readonly getAddresses: {
        readonly parameters: {
            readonly query?: {
                /** @description Non-hardened steps from the key, for example m/0/5; m is the key itself */
                readonly path?: string;
                /** @description First of a range of steps under path: 0 where only count is given */
                readonly from?: number;
                /** @description How many steps: 1 where only from is given; without both, path alone */
                readonly count?: number;
                /** @description Changes encodings alone, of Bitcoin */
                readonly network?: "mainnet" | "testnet" | "signet" | "regtest";
            };
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly sign: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key again answers with the first result; with another body it answers 409. */
                readonly "Idempotency-Key"?: string;
            };
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SignRequest"];
            };
        };
        readonly responses: never;
    };
    readonly getSigningConfiguration: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly setSigningConfiguration: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SetSigningConfigurationRequest"];
            };
        };
        readonly responses: never;
    };
    readonly refresh: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key again answers with the first result; with another body it answers 409. */
                readonly "Idempotency-Key"?: string;
            };
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RefreshRequest"];
            };
        };
        readonly responses: never;
    };
    readonly reshare: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key again answers with the first result; with another body it answers 409. */
                readonly "Idempotency-Key"?: string;
            };
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ReshareRequest"];
            };
        };
        readonly responses: never;
    };
    readonly recover: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key again answers with the first result; with another body it answers 409. */
                readonly "Idempotency-Key"?: string;
            };
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RecoverRequest"];
            };
        };
        readonly responses: never;
    };
    readonly renew: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key again answers with the first result; with another body it answers 409. */
                readonly "Idempotency-Key"?: string;
            };
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RenewRequest"];
            };
        };
        readonly responses: never;
    };
    readonly repair: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key again answers with the first result; with another body it answers 409. */
                readonly "Idempotency-Key"?: string;
            };
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RepairRequest"];
            };
        };
        readonly responses: never;
    };
    readonly exportKey: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key again answers with the first result; with another body it answers 409. */
                readonly "Idempotency-Key"?: string;
            };
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ExportRequest"];
            };
        };
        readonly responses: never;
    };
    readonly listBackups: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly createBackups: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["CreateBackupsRequest"];
            };
        };
        readonly responses: never;
    };
    readonly getSession: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly abortSession: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly listEvents: {
        readonly parameters: {
            readonly query?: {
                /** @description The number of the last entry that is known already */
                readonly after?: number;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly listAudit: {
        readonly parameters: {
            readonly query?: {
                /** @description The number of the last entry that is known already */
                readonly after?: number;
                readonly limit?: number;
                readonly act?: "account.created" | "account.activated" | "account.failed" | "key.created" | "key.refreshed" | "key.reshared" | "key.recovered" | "key.renewed" | "key.repaired" | "key.burned" | "key.exported" | "backups.asked" | "abandonment.delivered" | "signing_configuration.changed" | "session.opened" | "session.completed" | "session.failed" | "session.aborted" | "api_key.created" | "api_key.revoked" | "tenant.created" | "access.denied" | "audit.checkpoint";
                /** @description The id of who did it: an API key, this service's initiator, or an operator's command */
                readonly actor?: string;
                readonly account_id?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly exportAudit: {
        readonly parameters: {
            readonly query?: {
                /** @description The export begins with the first entry of this time or a later one; else with the first of all */
                readonly from?: string;
                /** @description It reaches to the first checkpoint after the last entry before this time; else to the end */
                readonly to?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly getLiveness: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly getHealth: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly getReadiness: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
}
