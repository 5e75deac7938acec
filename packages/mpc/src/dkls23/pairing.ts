// A pair gets its OT state by a base OT in one direction, then the reversal for the other
// (dkls23-spec 3, 4.5, 2.5). It gets a zero seed as well. S and R are the fixed base-OT roles. All
// of it is plain data, so that a run resumes from bytes.
import { isSender, type Pairing, type Salted, type Seat } from "../dkg/pairing.ts";
import { TH, u16 } from "../kernel/hash.ts";
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
} from "./ot/index.ts";
import { firstPairs, pairSecrets, readPair, writePair } from "./pairs.ts";

/** The state of a pair after round 1. */
export type PairStart =
  | { readonly role: "S"; readonly a: Uint8Array; readonly A: Uint8Array }
  | { readonly role: "R"; readonly choices: Uint8Array; readonly t: Uint8Array; readonly list: Uint8Array };

/**
 * The state of a pair after round 2. `A`, `list` and `reversal` are the transcript as sent and
 * received.
 */
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

/**
 * The state of a pair after round 3, before the zero seed. `otx` is the digest of the transcript.
 */
interface PairClosed {
  readonly send: PairState["send"];
  readonly recv: PairState["recv"];
  readonly otx: Uint8Array;
}

export function otSid({ sid, self, partner }: Seat): Uint8Array {
  const [S, R] = isSender(self, partner) ? [self, partner] : [partner, self];
  return TH("ot/sid", sid, u16(S), u16(R));
}

const saltOf = (at: Salted): Uint8Array => reversalSalt(otSid(at), at.h1, at.zs);
const none = new Uint8Array(0);

export const pairing: Pairing<PairStart, PairCross, PairClosed, PairState> = {
  start(seat, tape) {
    if (isSender(seat.self, seat.partner)) {
      const { state, A } = baseOtSend(tape);
      return { role: "S", a: state.a, A };
    }
    const { state, list } = baseOtReceive(otSid(seat), tape);
    return { role: "R", choices: state.choices, t: state.t, list };
  },
  opening: (start) => (start.role === "S" ? { a: start.A, list: none } : { a: none, list: start.list }),
  // S receives the list, and R receives A.
  received: (start, { a, list }) => (start.role === "S" ? list : a),

  cross(at, start, received, tape) {
    if (start.role === "S") {
      const recv = baseOtSendFinish(otSid(at), start, received);
      if (recv === undefined) return undefined;
      const { message, send } = reversalExtend(saltOf(at), recv, tape);
      return { role: "S", A: start.A, list: received, reversal: message, send, recv };
    }
    const send = baseOtReceiveFinish(otSid(at), start, received);
    return send && { role: "R", A: received, list: start.list, reversal: undefined, send };
  },
  reversal: (cross) => cross.reversal ?? { U: none, x: none, t: none },

  close(at, cross, theirs, keep) {
    const { U, x, t } = cross.reversal ?? theirs;
    const otx = TH("ot/tr", otSid(at), cross.A, cross.list, U, x, t);
    if (cross.role === "S") return { send: cross.send, recv: cross.recv, otx };
    const recv = reversalCheck(saltOf(at), cross.send, theirs);
    if (recv === undefined) return undefined;
    keep(recv.pairs);
    return { send: cross.send, recv, otx };
  },

  confirm({ self, partner, h1, h2, mine, theirs }, { send, recv, otx }, keep) {
    const [lo, hi] = self < partner ? [self, partner] : [partner, self];
    const halves = self < partner ? [mine, theirs] : [theirs, mine];
    const zeroSeed = keep(TH("zero/seed", h1, u16(lo), u16(hi), ...halves));
    const kc = (from: number, to: number): Uint8Array => TH("dkg/kc", h2, u16(from), u16(to), zeroSeed, otx);
    return { pair: { send, recv, zeroSeed }, kc: kc(self, partner), expected: kc(partner, self) };
  },
  share: (record, made) => ({ pairs: firstPairs(record, made) }),

  started: {
    write(out, start) {
      if (start.role === "S") out.u8(0).bytes(start.a).bytes(start.A);
      else out.u8(1).bytes(start.choices).bytes(start.t).bytes(start.list);
    },
    read: (from) =>
      from.flag()
        ? { role: "R", choices: from.bytes(16), t: from.bytes(4096), list: from.bytes(16_384) }
        : { role: "S", a: from.bytes(32), A: from.bytes(64) },
    secrets: (start) => (start.role === "S" ? [start.a] : [start.choices, start.t]),
  },
  crossed: {
    write(out, cross) {
      out.u8(cross.role === "S" ? 0 : 1);
      out.bytes(cross.A).bytes(cross.list).bytes(cross.send.delta).bytes(cross.send.seeds);
      if (cross.role === "S") out.bytes(cross.recv.pairs).bytes(cross.reversal.U).bytes(cross.reversal.x).bytes(cross.reversal.t);
    },
    read(from) {
      const receiver = from.flag();
      const [A, list] = [from.bytes(64), from.bytes(16_384)];
      const send = { delta: from.bytes(16), seeds: from.bytes(2048) };
      if (receiver) return { role: "R", A, list, reversal: undefined, send };
      const recv = { pairs: from.bytes(4096) };
      return { role: "S", A, list, reversal: { U: from.bytes(4096), x: from.bytes(16), t: from.bytes(2048) }, send, recv };
    },
    // The transcript is not secret, so it stays.
    secrets: (cross) => [cross.send.delta, cross.send.seeds, ...(cross.role === "S" ? [cross.recv.pairs] : [])],
  },
  made: { write: writePair, read: readPair, secrets: pairSecrets },
};
