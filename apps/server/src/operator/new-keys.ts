// `covault keys new` makes the secrets that an operator generates, each as the setting that takes
// it.
import { randomBytes } from "node:crypto";
import { identityKeyFromSeed } from "@covault/channel";
import { CovaultError } from "@covault/errors";

interface Kind {
  readonly setting: string;
  readonly about: string;
  /** The setting or roster entry that takes the public key. */
  readonly publicName?: string;
}

const kinds = {
  root: { setting: "ROOT_KEY", about: "signs rosters; kept offline, given to no service", publicName: "ROOT_PUBLIC_KEY" },
  initiator: { setting: "INITIATOR_KEY", about: "signs intents; account services only", publicName: "key, in the roster's initiators" },
  identity: {
    setting: "PARTY_IDENTITY_KEY",
    about: "one per party, the same for its replicas",
    publicName: "identity_key, in the roster's parties",
  },
  master: { setting: "CRYPTO_MASTER_KEY", about: "seals shares; one per party. Lost with it: everything that it sealed" },
  row: { setting: "ROW_KEY", about: "authenticates the rows of the account database; the same for all account services" },
  audit: {
    setting: "AUDIT_KEY",
    about: "signs checkpoints of the event log; the same for all account services, kept apart from the database",
    publicName: "--key, of covault audit verify",
  },
  "api-key": { setting: "MPC_API_KEY", about: "what callers send in X-API-Key" },
  metrics: { setting: "METRICS_API_KEY", about: "what Prometheus sends to read /metrics; no caller's key" },
  jwt: { setting: "JWT_SECRET_KEY", about: "join tokens; the same for all coordinators" },
} as const satisfies Record<string, Kind>;

export type KeyKind = keyof typeof kinds;
export const keyKinds = Object.keys(kinds) as readonly KeyKind[];

export interface NewKey {
  readonly kind: KeyKind;
  readonly setting: string;
  /** The secret, 32 bytes in hex. */
  readonly secret: string;
  readonly public?: { readonly name: string; readonly key: string };
  readonly about: string;
}

/** Gives the public key of a secret that signs, of 32 bytes, in hex. */
export const signingKeyOf = (seed: Uint8Array): string => Buffer.from(identityKeyFromSeed(seed).publicKey).toString("hex");

/** Makes a key. Throws config/bad-value for an unknown kind. */
export function newKey(kind: string): NewKey {
  if (!Object.hasOwn(kinds, kind))
    throw new CovaultError("config/bad-value", `There is no key of the kind ${JSON.stringify(kind)}: expected ${keyKinds.join(", ")}.`, {
      hint: "Run covault keys new --help.",
    });
  const { setting, about, publicName }: Kind = kinds[kind as KeyKind];
  const seed = randomBytes(32);
  const made = { kind: kind as KeyKind, setting, about, secret: seed.toString("hex") };
  if (publicName === undefined) return made;
  return { ...made, public: { name: publicName, key: signingKeyOf(seed) } };
}
