// This file says what an operation is: one kind of session as data. run.ts leads each of them
// through its life. A new kind is one file that says what is signed, what a result is worth, and
// how it is shown, and a line in index.ts.
import type { SessionResult, Signature, SignedInput } from "@covault/api/account";
import type { Kind } from "@covault/trust";
import type { Release } from "@covault/wire";
import type { AccountContext, Timing } from "../context.ts";
import type { IntentAction } from "../intent/statements.ts";
import type { AccountKey } from "../keys/account-key.ts";
import type { AccountChange, AccountValues } from "../store/accounts.ts";
import type { StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";

/** A session and what it is about. All of it was checked and is believed. */
export interface Subject {
  readonly account: AccountRow;
  /**
   * The key that the session made or signs with. It is undefined while the session has made none.
   */
  readonly key: AccountKey | undefined;
  readonly session: StoredSession;
  /** What the holders have answered to an export, verified. */
  readonly releases?: readonly Release[];
}

/** The account that an operation is asked for, with the key that it uses. */
export interface ActiveAccount {
  readonly account: AccountRow;
  readonly key: AccountKey;
}

export interface SignedResult extends SessionResult {
  readonly message: string;
  readonly signature: Signature;
  readonly signatures: readonly SignedInput[];
}

/** What a result changes. All of it is stored together with the session's end. */
export interface Changes {
  readonly account?: AccountChange;
  /** The key with its newest certificate. */
  readonly key?: AccountKey;
  readonly signature?: Uint8Array;
  /** The session that comes next. */
  readonly next?: StoredSession | undefined;
}

export interface Operation<Request, View extends SessionResult = SessionResult> {
  readonly kind: Kind;
  /** Gives how long the operation's intent is good for, in milliseconds. */
  readonly ttlMs: (timing: Timing, request: Request) => number;
  /**
   * Gives the part of the key that the operation changes, of which one session is open at a time.
   * It is absent for the key as a whole.
   */
  readonly part?: (request: Request) => string;
  /** Whether it is about the key of the account that has pairs, where none is named. */
  readonly ofPairs?: true;
  /**
   * Gives what the intent asks for. Throws when it cannot be asked for now. `key` is the account's
   * key, and is undefined when the operation founds one.
   */
  readonly intent: (context: AccountContext, request: Request, key: AccountKey | undefined) => Promise<IntentAction>;
  /**
   * Gives the account that begins with the session. It is absent for an operation on an account
   * that is there.
   */
  readonly founds?: (request: Request) => Pick<AccountValues, "user_id" | "name" | "schemes" | "threshold_t" | "threshold_n">;
  /**
   * Whether a session is of exactly this request. The session that an idempotency key stands for is
   * believed no more than any other row.
   */
  readonly isOf: (request: Request, subject: Subject) => boolean;
  /**
   * Gives what the result changes, and its view. `result` is a certificate or a signature, as the
   * coordinator delivered it. Throws account/bad-result when it does not verify.
   */
  readonly accept: (context: AccountContext, subject: Subject, result: Uint8Array) => { readonly changes: Changes; readonly view: View };
  /**
   * Gives the result of a session that is stored as completed. Throws account/altered-row when what
   * is stored does not verify.
   */
  readonly view: (subject: Subject) => View;
}
