// What a party tells its operator: for counters and logs. No secrets, no bytes but public names.
import type { ErrorCode } from "@covault/errors";

/** Why a message was dropped: counted, never an abort (dkls23-spec 0.5). */
export type DropReason =
  | "malformed"
  | "too-long"
  /** In no roster, and a member of nothing that runs here. */
  | "stranger"
  /** It had more looked up than one sender may. */
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
  /** `from`: who sent it, where no session took it. */
  | { readonly kind: "dropped"; readonly reason: DropReason; readonly from?: string; readonly sessionId?: string }
  | ({ readonly kind: "joined" | "started" | "resumed" | "signed" | "staged" | "cancelled" } & AboutSession)
  | ({ readonly kind: "declined"; readonly code: ErrorCode; readonly message: string } & AboutSession)
  | ({
      readonly kind: "aborted";
      readonly code: ErrorCode;
      /** Of a CovaultError, whose messages hold lengths, indices and names, and never bytes. */
      readonly message: string;
      readonly round: number;
      readonly culprits: readonly number[];
      readonly burn: boolean;
    } & AboutSession)
  /** Refresh the key soon: checks with this partner were interrupted. */
  | { readonly kind: "strikes"; readonly epoch: string; readonly partner: number; readonly strikes: number }
  | { readonly kind: "burned"; readonly epoch: string; readonly partners: readonly number[]; readonly code: ErrorCode }
  /** `left`: the epoch is certified and this party has no share of it, so that what it held of the key is erased. */
  | { readonly kind: "committed" | "abandoned" | "left"; readonly sessionId: string }
  | { readonly kind: "restored" }
  /** A bug or a failing port: the session or message it struck is lost, the party goes on. */
  | { readonly kind: "failed"; readonly error: unknown; readonly sessionId?: string };
