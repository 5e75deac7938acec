// RVOLE: Bob gets a random b, Alice puts in a_0 and a_1, and they end with additive shares c_i + d_i = a_i b (dkls23-spec 5).
import { bytesFromWords } from "../../kernel/bytes.ts";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { Sh, TH, THs, u8 } from "../../kernel/hash.ts";
import type { Tape } from "../../kernel/random.ts";
import { add, fromBytes, fromBytesMod, fromInt, mul, neg, type Scalar, sub, toBytes } from "../../kernel/scalar.ts";
import { type ExtensionMessage, type ExtensionReceiver, type ExtensionSender, extendCheck, extendReceive } from "./extension.ts";
import { gadget } from "./gadget.ts";
import { type OtRecv, type OtSend, WIDTH, XI } from "./parameters.ts";

/** What Alice sends: a~ 39,936 (row-major), eta 32, mu~ 32 bytes. */
export interface RvoleMessage {
  readonly at: Uint8Array;
  readonly eta: Uint8Array;
  readonly mu: Uint8Array;
}

export const RVOLE_AT_BYTES: number = 32 * WIDTH * XI;

function scaled(bit: number, s: Scalar): Scalar {
  return s.map((word) => word & -bit) as Scalar;
}

function choice(state: ExtensionReceiver, j: number): number {
  return (state.choices[j >>> 5]! >>> (j & 31)) & 1;
}

function masks(key: Uint8Array, words: Uint32Array, j: number): Scalar[] {
  const mid = bytesFromWords(words);
  return [0, 1, 2].map((kk) => fromBytesMod(Sh(key, mid, (j << 16) | (kk << 8))));
}

function thetas(rv: Uint8Array, at: Uint8Array): readonly [Scalar, Scalar] {
  const digest = TH("rvole/at", rv, at);
  return [THs("rvole/theta", rv, digest, u8(0)), THs("rvole/theta", rv, digest, u8(1))];
}

/** Bob, first move: his factor b and the extension message. */
export function rvoleBob1(
  osalt: Uint8Array,
  recv: OtRecv,
  tape: Tape,
): { readonly state: ExtensionReceiver; readonly b: Scalar; readonly message: ExtensionMessage } {
  return rvoleBob1With(osalt, recv, tape.bytes(XI / 8), tape.bytes(16));
}

/** The same with given beta and pad. */
export function rvoleBob1With(
  osalt: Uint8Array,
  recv: OtRecv,
  beta: Uint8Array,
  pad: Uint8Array,
): { readonly state: ExtensionReceiver; readonly b: Scalar; readonly message: ExtensionMessage } {
  const { state, message } = extendReceive(osalt, recv, beta, pad);
  const g = gadget();
  let b = fromInt(0);
  for (let j = 0; j < XI; j++) b = add(b, scaled(choice(state, j), g[j]!));
  return { state, b, message };
}

/** Alice's check of Bob's first move. Undefined: abort and burn the pair. */
export function rvoleCheck(osalt: Uint8Array, send: OtSend, message: ExtensionMessage): ExtensionSender | undefined {
  return extendCheck(osalt, send, message, XI);
}

/** Alice, after the check: her shares c of (a0 b, a1 b) and her message. */
export function rvoleAlice(
  rv: Uint8Array,
  state: ExtensionSender,
  a0: Scalar,
  a1: Scalar,
  tape: Tape,
): { readonly c: readonly [Scalar, Scalar]; readonly message: RvoleMessage } {
  return rvoleAliceWith(rv, state, a0, a1, tape.scalar());
}

/** The same with a given a^. */
export function rvoleAliceWith(
  rv: Uint8Array,
  state: ExtensionSender,
  a0: Scalar,
  a1: Scalar,
  ahat: Scalar,
): { readonly c: readonly [Scalar, Scalar]; readonly message: RvoleMessage } {
  const key = TH("rvole/mask", rv);
  const inputs = [a0, a1, ahat];
  const at = new Uint8Array(RVOLE_AT_BYTES);
  const alpha: Scalar[][] = [];
  const g = gadget();
  let c0 = fromInt(0);
  let c1 = fromInt(0);
  for (let j = 0; j < XI; j++) {
    const w = state.w.slice(4 * j, 4 * j + 4);
    const zero = masks(key, w, j);
    for (let i = 0; i < 4; i++) w[i]! ^= state.delta[i]!;
    const one = masks(key, w, j);
    for (let kk = 0; kk < WIDTH; kk++) at.set(toBytes(add(sub(zero[kk]!, one[kk]!), inputs[kk]!)), 32 * (WIDTH * j + kk));
    alpha.push(zero);
    c0 = add(c0, mul(g[j]!, zero[0]!));
    c1 = add(c1, mul(g[j]!, zero[1]!));
  }
  const [theta0, theta1] = thetas(rv, at);
  const eta = add(ahat, add(mul(theta0, a0), mul(theta1, a1)));
  const mus = new Uint8Array(32 * XI);
  for (let j = 0; j < XI; j++) {
    const [x0, x1, x2] = alpha[j]! as [Scalar, Scalar, Scalar];
    mus.set(toBytes(add(x2, add(mul(theta0, x0), mul(theta1, x1)))), 32 * j);
  }
  return { c: [neg(c0), neg(c1)], message: { at, eta: toBytes(eta), mu: TH("rvole/mu", rv, mus) } };
}

/** Bob, second move: his shares d of (a0 b, a1 b). Undefined: abort and burn the pair, blame Alice. */
export function rvoleBob2(rv: Uint8Array, state: ExtensionReceiver, message: RvoleMessage): readonly [Scalar, Scalar] | undefined {
  const { at, mu } = message;
  if (at.length !== RVOLE_AT_BYTES || mu.length !== 32) return undefined;
  const eta = fromBytes(message.eta);
  if (eta === undefined) return undefined;
  const key = TH("rvole/mask", rv);
  const [theta0, theta1] = thetas(rv, at);
  const g = gadget();
  const mus = new Uint8Array(32 * XI);
  let d0 = fromInt(0);
  let d1 = fromInt(0);
  for (let j = 0; j < XI; j++) {
    const gamma = masks(key, state.v.subarray(4 * j, 4 * j + 4), j);
    const beta = choice(state, j);
    const row: Scalar[] = [];
    for (let kk = 0; kk < WIDTH; kk++) {
      const at32 = 32 * (WIDTH * j + kk);
      const entry = fromBytes(at.subarray(at32, at32 + 32));
      if (entry === undefined) return undefined;
      row.push(add(gamma[kk]!, scaled(beta, entry)));
    }
    const [x0, x1, x2] = row as [Scalar, Scalar, Scalar];
    mus.set(toBytes(sub(add(x2, add(mul(theta0, x0), mul(theta1, x1))), scaled(beta, eta))), 32 * j);
    d0 = add(d0, mul(g[j]!, x0));
    d1 = add(d1, mul(g[j]!, x1));
  }
  return constantTimeEqual(TH("rvole/mu", rv, mus), mu) ? [d0, d1] : undefined;
}
