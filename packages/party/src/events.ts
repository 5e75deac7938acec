// What a party tells its operator, for counters and logs. There are no secrets in it, and no bytes
// but public names.
import type { ErrorCode } from "@covault/errors";

/** Why a message was dropped. It is counted, and never ends an attempt (dkls23-spec 0.5). */
export type DropReason =
  | "malformed"
  | "too-long"
  /** The sender is in no roster, and a member of nothing that runs here. */
  | "stranger"
  /** The sender had more looked up than one sender may. */
  | "too-often"
  | "unknown-session"
  | "not-authentic"
  | "wrong-sender"
  | "wrong-receiver"
  | "wrong-protocol"
  | "wrong-session"
  | "wrong-round"
  | "wrong-length"
  | "duplicate"
  | "equivocation"
  | "unexpected"
  | "bad-start"
  | "bad-certificate"
  | "bad-ack"
  | "bad-abandonment"
  | "send-failed";

interface AboutSession {
  readonly sessionId: string;
  readonly attempt: number;
}

export type PartyEvent =
  /** `from` is the sender of a message that no attempt took. */
  | { readonly kind: "dropped"; readonly reason: DropReason; readonly from?: string; readonly sessionId?: string }
  /** `repaired`: this party has its lost share again. `helped`: another one has it by this one. */
  | ({
      readonly kind: "joined" | "started" | "resumed" | "signed" | "staged" | "repaired" | "helped" | "cancelled";
    } & AboutSession)
  | ({ readonly kind: "declined"; readonly code: ErrorCode; readonly message: string } & AboutSession)
  | ({
      readonly kind: "aborted";
      readonly code: ErrorCode;
      /** The message of a CovaultError, which holds lengths, indices and names, and never bytes. */
      readonly message: string;
      readonly round: number;
      readonly culprits: readonly number[];
      readonly burn: boolean;
    } & AboutSession)
  /** Checks with this partner were interrupted, and the pair should be renewed soon. */
  | { readonly kind: "strikes"; readonly epoch: string; readonly partner: number; readonly strikes: number }
  | { readonly kind: "burned"; readonly epoch: string; readonly partners: readonly number[]; readonly code: ErrorCode }
  /**
   * `left`: the epoch is certified and this party has no share of it, so that what it held of the
   * key is erased.
   */
  | { readonly kind: "committed" | "abandoned" | "left"; readonly sessionId: string }
  /** A pair has its certificate, and signatures use it from now on. */
  | {
      readonly kind: "renewed";
      readonly sessionId: string;
      readonly epoch: string;
      readonly partner: number;
      readonly generation: number;
    }
  /**
   * A share was sealed to a recipient, which is named by its fingerprint. All of it is hex, and
   * `sha256` is that of the document.
   */
  | {
      readonly kind: "backed-up";
      readonly keyId: string;
      readonly epochNumber: number;
      readonly recipient: string;
      readonly sha256: string;
    }
  /**
   * This party has consented to an export of the key. Key and recipient (its fingerprint) are hex.
   */
  | {
      readonly kind: "exported";
      readonly sessionId: string;
      readonly keyId: string;
      readonly recipient: string;
      readonly reason: string;
    }
  | { readonly kind: "restored" }
  /**
   * There was a bug or a failing port. The attempt or message that it struck is lost, and the party
   * goes on.
   */
  | { readonly kind: "failed"; readonly error: unknown; readonly sessionId?: string };
