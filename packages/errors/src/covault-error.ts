// The one error class of Covault. Branch on `code`, never on the class or the text. Two copies of
// this package, or two realms, then cannot disagree.
import { codes, type ErrorCode, type ErrorKind } from "./codes.ts";

export type Fact = string | number;

export interface ErrorDetails {
  /**
   * The values of what happened. They are strings and numbers and never bytes, so no secret can be
   * a fact.
   */
  readonly facts?: Readonly<Record<string, Fact>>;
  /** Overrides the code's own hint where the caller can be told something better. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** The share indices of the parties that cheated, ascending. Set exactly for kind `cheat`. */
  readonly culprits?: readonly number[];
  /** `burn` says that the pair must not be used again in this epoch (dkls23-spec section 9). */
  readonly consequence?: "retry" | "burn";
  /** When a retry makes sense, for kind `io`. */
  readonly retryAfterMs?: number;
}

export interface Explained {
  readonly message: string;
  readonly code: string;
  readonly hint: string;
  readonly facts?: Readonly<Record<string, Fact>>;
}

export class CovaultError extends Error {
  override readonly name = "CovaultError";
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly hint: string;
  readonly facts: Readonly<Record<string, Fact>>;
  readonly culprits: readonly number[];
  readonly consequence: "retry" | "burn" | undefined;
  readonly retryAfterMs: number | undefined;

  /** `message` is one sentence of what happened. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const entry = codes[code];
    this.code = code;
    this.kind = entry.kind;
    this.hint = details.hint ?? entry.hint;
    this.facts = details.facts ?? {};
    this.culprits = details.culprits ?? [];
    this.consequence = details.consequence ?? (entry.kind === "cheat" ? "retry" : undefined);
    this.retryAfterMs = details.retryAfterMs;
  }

  /**
   * Gives the page of help that a person reads: sentence, facts, what to do, code, where to read
   * on.
   */
  explain(): string {
    return explain(this);
  }
}

/** Gives the same page for anything that has these fields, such as an answer of a service. */
export function explain({ message, code, hint, facts }: Explained): string {
  const given = Object.entries(facts ?? {});
  const width = Math.max(0, ...given.map(([name]) => name.length)) + 1;
  const lines = given.map(([name, value]) => `  ${`${name}:`.padEnd(width)} ${value}`);
  const link = `Docs: docs/errors.md#${code.replace("/", "-")}`;
  return [message, ...(lines.length > 0 ? ["", ...lines] : []), "", ...(hint === "" ? [] : [hint]), `Code: ${code}`, link].join("\n");
}

/**
 * Gives the error as `CovaultError` if it is one, from whatever copy of this package. Otherwise
 * undefined.
 */
export function asCovaultError(error: unknown): CovaultError | undefined {
  return error instanceof Error && error.name === "CovaultError" && "code" in error ? (error as CovaultError) : undefined;
}
