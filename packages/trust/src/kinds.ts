// The kinds of session, and what follows from each: one table that account service, coordinator and party read. A new kind is one line here.
import { CovaultError } from "@covault/errors";
import type { Intent } from "@covault/wire";

interface Traits {
  /** Who takes part in an attempt: every member of the intent, or a quorum of the key's holders. */
  readonly takes: "everyone" | "quorum";
  /** Whether rounds are stored and resume, or live in memory only. */
  readonly rounds: "stored" | "memory";
  /** What a session that ends well leaves behind. */
  readonly ends: "epoch" | "signature";
  /** Whether its initiator may end it for good. A run that makes a further epoch is superseded instead (dkls23-spec 7). */
  readonly abandonable: boolean;
}

export const kinds = {
  keygen: { takes: "everyone", rounds: "stored", ends: "epoch", abandonable: true },
  sign: { takes: "quorum", rounds: "memory", ends: "signature", abandonable: false },
  refresh: { takes: "everyone", rounds: "stored", ends: "epoch", abandonable: false },
  reshare: { takes: "everyone", rounds: "stored", ends: "epoch", abandonable: false },
  recover: { takes: "everyone", rounds: "stored", ends: "epoch", abandonable: false },
} as const satisfies Record<string, Traits>;

export type Kind = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as readonly Kind[];

/** Throws `trust/bad-intent` for an intent that asks for nothing known. */
export function kindOf({ action }: Pick<Intent, "action">): Kind {
  const name = action.case === "refresh" ? action.value.kind : action.case;
  const known = kindNames.find((kind) => kind === name);
  // An action has one way of being said: "keygen" inside a refresh is no keygen.
  if (known === undefined || (action.case === "refresh" && (known === "keygen" || known === "sign")))
    throw new CovaultError("trust/bad-intent", "The intent is refused: it asks for nothing that version 1 knows.");
  return known;
}
