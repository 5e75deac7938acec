// Errors on their way from a worker. Only what a CovaultError says in public crosses, and never a
// stack or a foreign message.
import { asCovaultError, CovaultError, type ErrorCode, type Fact } from "@covault/errors";

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly facts: Readonly<Record<string, Fact>>;
  readonly culprits: readonly number[];
  readonly consequence: "retry" | "burn" | undefined;
}

export function failureOf(error: unknown): Failure {
  const known = asCovaultError(error);
  if (known === undefined) {
    const name = error instanceof Error ? error.name : typeof error;
    return {
      code: "party/session-failed",
      message: `The session failed inside the party (${name}).`,
      facts: {},
      culprits: [],
      consequence: undefined,
    };
  }
  const { code, message, facts, culprits, consequence } = known;
  return { code, message, facts, culprits, consequence };
}

export function errorOf({ code, message, facts, culprits, consequence }: Failure): CovaultError {
  return new CovaultError(code, message, { facts, culprits, ...(consequence === undefined ? {} : { consequence }) });
}
