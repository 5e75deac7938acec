// The state of a renewal at rest between two rounds (dkls23-spec 0.6) is plain data with a codec.
// It is secret, and the store encrypts it. What both ends agreed on is not in it. The setup has
// that, and the session id says whether it is the same.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { Reader, Writer } from "../../protocol/encoding/bytes.ts";
import { borrowed } from "../../protocol/encoding/inputs.ts";
import { type Erasable, erase, Once } from "../../protocol/index.ts";
import type { PairState } from "../ot/index.ts";
import { type PairCross, type PairStart, pairing } from "../pairing.ts";
import type { RenewalContext } from "./setup.ts";

export interface Round1State {
  readonly round: "renewal/1";
  readonly context: RenewalContext;
  readonly rho: Uint8Array;
  readonly com: Uint8Array;
  readonly start: PairStart;
}

export interface Round2State {
  readonly round: "renewal/2";
  readonly context: RenewalContext;
  readonly h1: Uint8Array;
  /** The commitment of the partner. */
  readonly com: Uint8Array;
  readonly rho: Uint8Array;
  /** The half of the zero seed that this party drew. */
  readonly zs: Uint8Array;
  readonly cross: PairCross;
}

export interface Round3State {
  readonly round: "renewal/3";
  readonly context: RenewalContext;
  readonly h2: Uint8Array;
  readonly pair: PairState;
  /** The kc that the partner has to send. */
  readonly expected: Uint8Array;
}

export type RenewalState = Round1State | Round2State | Round3State;

/** Gives every array that an abort overwrites. */
export function secretsOf(state: RenewalState): readonly Erasable[] {
  if (state.round === "renewal/1") return [state.rho, ...pairing.started.secrets(state.start)];
  if (state.round === "renewal/2") return [state.zs, ...pairing.crossed.secrets(state.cross)];
  return [state.expected, ...pairing.made.secrets(state.pair)];
}

/** The format. It is none of key generations (1, 0x51), so neither is taken for the other. */
const format = 2;

/** Gives the bytes of a state, and the state itself, which stays usable once. */
export function encodeState<S extends RenewalState>(held: Once<S>): { readonly bytes: Uint8Array; readonly held: Once<S> } {
  const state = held.take();
  const { sid, self } = state.context;
  const out = new Writer()
    .u8(format)
    .u8(Number(state.round.slice(-1)))
    .bytes(sid)
    .u16(self);
  if (state.round === "renewal/1") {
    out.bytes(state.rho).bytes(state.com);
    pairing.started.write(out, state.start);
  } else if (state.round === "renewal/2") {
    out.bytes(state.h1).bytes(state.com).bytes(state.rho).bytes(state.zs);
    pairing.crossed.write(out, state.cross);
  } else {
    out.bytes(state.h2).bytes(state.expected);
    pairing.made.write(out, state.pair);
  }
  return { bytes: out.done(), held: new Once(state, secretsOf(state)) };
}

/**
 * Reads a state back. Throws `mpc/bad-setup` for anything but bytes, `mpc/bad-state`, and
 * `mpc/context-mismatch` for the state of another session or end.
 */
export function decodeState(context: RenewalContext, snapshot: Uint8Array): RenewalState {
  const from = new Reader(borrowed()(snapshot, "snapshot"));
  const { state, sid, self } = read(from, context);
  if (constantTimeEqual(sid, context.sid) && self === context.self) return state;
  erase(...secretsOf(state));
  throw new CovaultError("mpc/context-mismatch", "The stored round belongs to another session.");
}

function read(from: Reader, context: RenewalContext) {
  try {
    const [version, round] = [from.u8(), from.u8()];
    if (version !== format) throw new RangeError(`format ${version} is unknown`);
    const [sid, self] = [from.bytes(32), from.index()];
    const state = readRound(round, from, context);
    from.end();
    return { state, sid, self };
  } catch (cause) {
    from.erase();
    throw new CovaultError("mpc/bad-state", "The stored round of a renewal cannot be read.", { cause });
  }
}

function readRound(round: number, from: Reader, context: RenewalContext): RenewalState {
  const bytes = (): Uint8Array => from.bytes(32);
  if (round === 1) return { round: "renewal/1", context, rho: bytes(), com: bytes(), start: pairing.started.read(from) };
  if (round === 2)
    return { round: "renewal/2", context, h1: bytes(), com: bytes(), rho: bytes(), zs: bytes(), cross: pairing.crossed.read(from) };
  if (round === 3) return { round: "renewal/3", context, h2: bytes(), expected: bytes(), pair: pairing.made.read(from) };
  throw new RangeError(`round ${round} is unknown`);
}
