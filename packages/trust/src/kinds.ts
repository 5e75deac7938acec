// This file is the table of the kinds of session, and of what follows from each. The account
// service, the coordinator and every party read it. A new kind is one line here.
import { CovaultError } from "@covault/errors";
import type { Intent } from "@covault/wire";

interface Traits {
  /**
   * The participants of an attempt: every member of the intent, or a quorum of the key's holders.
   */
  readonly takes: "everyone" | "quorum";
  /** Whether rounds are stored and can resume, or live in memory only. */
  readonly rounds: "stored" | "memory";
  /**
   * The result that a session leaves behind when it ends well. The pair of two holders and the
   * share of one are made anew within the epoch that is committed. A release is what each holder
   * answers to an export, which has no rounds and no attempts.
   */
  readonly ends: "epoch" | "signature" | "pair" | "share" | "release";
  /**
   * Whether the initiator may end the session for good. A run that makes a further epoch is
   * superseded instead (dkls23-spec 7).
   */
  readonly abandonable: boolean;
  /** Whether the same parties hold the key afterwards. Only a reshare passes by a silent holder. */
  readonly keepsHolders: boolean;
}

export const kinds = {
  keygen: { takes: "everyone", rounds: "stored", ends: "epoch", abandonable: true, keepsHolders: false },
  // A keygen of a key that exists already: one member deals it.
  import: { takes: "everyone", rounds: "stored", ends: "epoch", abandonable: true, keepsHolders: false },
  sign: { takes: "quorum", rounds: "memory", ends: "signature", abandonable: false, keepsHolders: true },
  refresh: { takes: "everyone", rounds: "stored", ends: "epoch", abandonable: false, keepsHolders: true },
  reshare: { takes: "everyone", rounds: "stored", ends: "epoch", abandonable: false, keepsHolders: false },
  recover: { takes: "everyone", rounds: "stored", ends: "epoch", abandonable: false, keepsHolders: true },
  // Its members are the two ends of the pair.
  renew: { takes: "everyone", rounds: "stored", ends: "pair", abandonable: false, keepsHolders: true },
  // Its members are the helpers and the receiver.
  repair: { takes: "everyone", rounds: "memory", ends: "share", abandonable: false, keepsHolders: true },
  export: { takes: "everyone", rounds: "memory", ends: "release", abandonable: false, keepsHolders: true },
} as const satisfies Record<string, Traits>;

export type Kind = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as readonly Kind[];

/** The kinds that a refresh action names. Each makes a further epoch. */
export const refreshKinds = ["refresh", "reshare", "recover"] as const satisfies readonly Kind[];

/**
 * Gives the kind of an intent. Throws `trust/bad-intent` for an intent that asks for nothing known.
 */
export function kindOf({ action }: Pick<Intent, "action">): Kind {
  const isFurther = action.case === "refresh";
  const name = isFurther ? action.value.kind : action.case;
  // An action can be said in one way only, so "keygen" inside a refresh is no keygen.
  const known = (isFurther ? refreshKinds : kindNames).find((kind) => kind === name);
  if (known === undefined) throw new CovaultError("trust/bad-intent", "The intent is refused: it asks for nothing that version 1 knows.");
  return known;
}
