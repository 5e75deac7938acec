// One pair's way to its OT state: base OT in one direction, then the reversal for the other (dkls23-spec 3, 4.5, 2.5).
// S and R are the fixed base-OT roles. Plain data throughout, so that a run resumes from bytes.
import { TH } from "../../kernel/hash.ts";
import type { Tape } from "../../kernel/random.ts";
import type { Reader, Writer } from "../../protocol/encoding/bytes.ts";
import type { ShareIndex } from "../../protocol/index.ts";
import {
  baseOtReceive,
  baseOtReceiveFinish,
  baseOtSend,
  baseOtSendFinish,
  type ExtensionMessage,
  type PairState,
  reversalCheck,
  reversalExtend,
  reversalSalt,
} from "../ot/index.ts";
import { isSender } from "./pairing.ts";

/** After round 1. */
export type PairStart =
  | { readonly role: "S"; readonly a: Uint8Array; readonly A: Uint8Array }
  | { readonly role: "R"; readonly choices: Uint8Array; readonly t: Uint8Array; readonly list: Uint8Array };

/** After round 2. `A`, `list`, `reversal`: the transcript as sent and received. */
export type PairCross =
  | {
      readonly role: "S";
      readonly A: Uint8Array;
      readonly list: Uint8Array;
      readonly reversal: ExtensionMessage;
      readonly send: PairState["send"];
      readonly recv: PairState["recv"];
    }
  | {
      readonly role: "R";
      readonly A: Uint8Array;
      readonly list: Uint8Array;
      readonly reversal: undefined;
      readonly send: PairState["send"];
    };

export function startPair(self: ShareIndex, partner: ShareIndex, osid: Uint8Array, tape: Tape): PairStart {
  if (isSender(self, partner)) {
    const { state, A } = baseOtSend(tape);
    return { role: "S", a: state.a, A };
  }
  const { state, list } = baseOtReceive(osid, tape);
  return { role: "R", choices: state.choices, t: state.t, list };
}

/** What the salt of the reversal takes; `zs` is the half of the zero seed that S sends to R. */
export interface ReversalContext {
  readonly osid: Uint8Array;
  readonly h1: Uint8Array;
  readonly zs: Uint8Array;
}

/** `zs`: my own half. `theirs`: the list for S, A for R. `undefined`: it holds a point that is none. */
export function crossPair(start: PairStart, { osid, h1, zs }: ReversalContext, theirs: Uint8Array, tape: Tape): PairCross | undefined {
  if (start.role === "S") {
    const recv = baseOtSendFinish(osid, start, theirs);
    if (recv === undefined) return undefined;
    const { message, send } = reversalExtend(reversalSalt(osid, h1, zs), recv, tape);
    return { role: "S", A: start.A, list: theirs, reversal: message, send, recv };
  }
  const send = baseOtReceiveFinish(osid, start, theirs);
  return send && { role: "R", A: theirs, list: start.list, reversal: undefined, send };
}

/** The pair's OT state, and its transcript digest. `zs`: the partner's half. `undefined`: the reversal check of R failed. */
export function closePair(
  cross: PairCross,
  { osid, h1, zs }: ReversalContext,
  theirs: ExtensionMessage,
): (Pick<PairState, "send" | "recv"> & { readonly otx: Uint8Array }) | undefined {
  const { U, x, t } = cross.reversal ?? theirs;
  const otx = TH("ot/tr", osid, cross.A, cross.list, U, x, t);
  if (cross.role === "S") return { send: cross.send, recv: cross.recv, otx };
  const recv = reversalCheck(reversalSalt(osid, h1, zs), cross.send, theirs);
  return recv && { send: cross.send, recv, otx };
}

/** What an abort overwrites, and what has served when the pair is crossed; the transcript stays. */
export const startSecrets = (start: PairStart): readonly Uint8Array[] => (start.role === "S" ? [start.a] : [start.choices, start.t]);

/** What an abort overwrites. */
export const crossSecrets = (cross: PairCross): readonly Uint8Array[] =>
  cross.role === "S" ? [cross.send.delta, cross.send.seeds, cross.recv.pairs] : [cross.send.delta, cross.send.seeds];

export function writeStart(out: Writer, start: PairStart): void {
  if (start.role === "S") out.u8(0).bytes(start.a).bytes(start.A);
  else out.u8(1).bytes(start.choices).bytes(start.t).bytes(start.list);
}

export function readStart(from: Reader): PairStart {
  return from.flag()
    ? { role: "R", choices: from.bytes(16), t: from.bytes(4096), list: from.bytes(16_384) }
    : { role: "S", a: from.bytes(32), A: from.bytes(64) };
}

export function writeCross(out: Writer, cross: PairCross): void {
  out.u8(cross.role === "S" ? 0 : 1);
  out.bytes(cross.A).bytes(cross.list).bytes(cross.send.delta).bytes(cross.send.seeds);
  if (cross.role === "S") out.bytes(cross.recv.pairs).bytes(cross.reversal.U).bytes(cross.reversal.x).bytes(cross.reversal.t);
}

export function readCross(from: Reader): PairCross {
  const receiver = from.flag();
  const [A, list] = [from.bytes(64), from.bytes(16_384)];
  const send = { delta: from.bytes(16), seeds: from.bytes(2048) };
  if (receiver) return { role: "R", A, list, reversal: undefined, send };
  const recv = { pairs: from.bytes(4096) };
  return { role: "S", A, list, reversal: { U: from.bytes(4096), x: from.bytes(16), t: from.bytes(2048) }, send, recv };
}
