// `npm run bench:timing`. Does the time of a kernel depend on its secret? This is the test of
// dudect (Reparaz, Balasch and Verbauwhede 2017). It takes one fixed secret and random secrets in
// random order, crops the slowest samples, and computes Welch's t. Above 10 a dependence is
// certain, and above 4.5 it is likely. Below that, there is no evidence of one in this many samples
// on this machine. It is a figure to look at, never a test, because JavaScript promises nothing
// (docs/threat-model.md). The last row leaks on purpose, to show that the method sees a leak.
import { randomBytes } from "node:crypto";
import { leave } from "./page.ts";
import { table } from "./report.ts";

type Scalar = Uint32Array;
interface ScalarKernel {
  readonly fromBytesMod: (bytes: Uint8Array) => Scalar;
  readonly mul: (a: Scalar, b: Scalar) => Scalar;
  readonly invert: (a: Scalar) => Scalar;
}
interface PointKernel {
  readonly base: unknown;
  readonly mul: (P: unknown, k: Scalar) => unknown;
  readonly mulBase: (k: Scalar) => unknown;
}
interface Multiplication {
  readonly rvoleBob1With: (salt: Uint8Array, recv: object, beta: Uint8Array, pad: Uint8Array) => { state: object; message: object };
  readonly rvoleCheck: (salt: Uint8Array, send: object, message: object) => object;
  readonly rvoleAliceWith: (rv: Uint8Array, state: object, a0: Scalar, a1: Scalar, ahat: Scalar) => { message: object };
  readonly rvoleBob2: (rv: Uint8Array, state: object, message: object) => unknown;
}

// The kernels are not for import, so they are read from where they stand.
const load = async <T>(name: string): Promise<T> =>
  (await import(new URL(`../../packages/mpc/dist/${name}.js`, import.meta.url).href)) as T;
const scalar = await load<ScalarKernel>("kernel/scalar");
const point = await load<PointKernel>("kernel/point");
const rvole = await load<Multiplication>("dkls23/ot/rvole");

interface Kernel {
  readonly name: string;
  readonly samples: number;
  /** The number of calls in one sample. */
  readonly calls: number;
  /** Gives a call on a fresh secret, or on the fixed one. */
  readonly prepare: (fixed: boolean) => () => unknown;
}

// Both classes are made in the same way, so that they differ in nothing but their value.
const one = Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 1 : 0));
function secret(fixed: boolean): Scalar {
  const random = randomBytes(32);
  const chosen = [random, one][Number(fixed)] as Uint8Array;
  return scalar.fromBytesMod(Uint8Array.from(chosen));
}
const other = secret(false);

const [salt, rv, pad] = [randomBytes(32), randomBytes(32), randomBytes(16)];
const pairs = randomBytes(4096);
const delta = randomBytes(16);
const bit = (g: number): number => ((delta[(g >>> 5) * 4 + 3 - ((g >>> 3) & 3)] as number) >>> (g & 7)) & 1;
const seeds = Uint8Array.from({ length: 2048 }, (_, k) => pairs[32 * (k >> 4) + 16 * (1 - bit(k >> 4)) + (k & 15)] as number);
function bobOf(fixed: boolean) {
  const choices = randomBytes(52);
  return rvole.rvoleBob1With(salt, { pairs }, Uint8Array.from([choices, new Uint8Array(52)][Number(fixed)] as Uint8Array), pad);
}
const honest = bobOf(false);
const alice = rvole.rvoleCheck(salt, { delta, seeds }, honest.message);

const leaky = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, k) => byte === b[k]);
const zeros = new Uint8Array(32);

const kernels: readonly Kernel[] = [
  {
    name: "scalar mul",
    samples: 20_000,
    calls: 200,
    prepare: (fixed) =>
      (
        (a) => () =>
          scalar.mul(a, other)
      )(secret(fixed)),
  },
  {
    name: "scalar invert",
    samples: 20_000,
    calls: 4,
    prepare: (fixed) =>
      (
        (a) => () =>
          scalar.invert(a)
      )(secret(fixed)),
  },
  {
    name: "point mul",
    samples: 10_000,
    calls: 2,
    prepare: (fixed) =>
      (
        (k) => () =>
          point.mul(point.base, k)
      )(secret(fixed)),
  },
  {
    name: "point mulBase",
    samples: 10_000,
    calls: 4,
    prepare: (fixed) =>
      (
        (k) => () =>
          point.mulBase(k)
      )(secret(fixed)),
  },
  {
    name: "RVOLE, Alice's inputs under the masks",
    samples: 1_000,
    calls: 1,
    prepare: (fixed) =>
      (
        (a) => () =>
          rvole.rvoleAliceWith(rv, alice, a, a, other)
      )(secret(fixed)),
  },
  {
    name: "RVOLE, Bob's choices",
    samples: 1_000,
    calls: 1,
    prepare(fixed) {
      const bob = bobOf(fixed);
      const { message } = rvole.rvoleAliceWith(rv, rvole.rvoleCheck(salt, { delta, seeds }, bob.message), other, other, other);
      return () => rvole.rvoleBob2(rv, bob.state, message);
    },
  },
  {
    name: "(a comparison that stops early)",
    samples: 20_000,
    calls: 200,
    prepare: (fixed) =>
      (
        (bytes) => () =>
          leaky(bytes, zeros)
      )(fixed ? new Uint8Array(32) : Uint8Array.from(randomBytes(32))),
  },
];

interface Sums {
  n: number;
  mean: number;
  squares: number;
}
function add(sums: Sums, value: number): void {
  sums.n++;
  const off = value - sums.mean;
  sums.mean += off / sums.n;
  sums.squares += off * (value - sums.mean);
}
const variance = ({ n, squares }: Sums): number => squares / (n - 1) / n;

/** Gives Welch's t of the two classes below a cut, and their means. */
function welch(
  times: readonly (readonly [boolean, number])[],
  cut: number,
): { readonly t: number; readonly means: readonly [number, number] } {
  const [fixed, random] = [0, 1].map((): Sums => ({ n: 0, mean: 0, squares: 0 })) as [Sums, Sums];
  for (const [isFixed, ns] of times) if (ns <= cut) add(isFixed ? fixed : random, ns);
  // When a cut leaves nothing of one class, nothing could depend more.
  if (Math.min(fixed.n, random.n) < 2) return { t: Number.POSITIVE_INFINITY, means: welch(times, Number.POSITIVE_INFINITY).means };
  return { t: (fixed.mean - random.mean) / Math.sqrt(variance(fixed) + variance(random)), means: [fixed.mean, random.mean] };
}

const rows = kernels.map(({ name, samples, calls, prepare }) => {
  for (let warm = 0; warm < Math.max(50, samples / 20); warm++) prepare(warm % 2 === 0)();
  const classes = randomBytes(samples);
  const times: (readonly [boolean, number])[] = [];
  for (let k = 0; k < samples; k++) {
    const isFixed = (classes[k] as number) < 128;
    const run = prepare(isFixed);
    run();
    const started = process.hrtime.bigint();
    for (let call = 0; call < calls; call++) run();
    times.push([isFixed, Number(process.hrtime.bigint() - started) / calls]);
  }
  const sorted = times.map(([, ns]) => ns).sort((a, b) => a - b);
  // Interrupts and the garbage collector stand in the slow end. Of several crops the worst counts.
  const results = [0.5, 0.75, 0.9].map((crop) => welch(times, sorted[Math.floor(crop * samples)] as number));
  const worst = results.reduce((a, b) => (Math.abs(b.t) > Math.abs(a.t) ? b : a));
  const t = Math.abs(worst.t);
  const says = t > 10 ? "depends" : t > 4.5 ? "may depend" : "no evidence";
  return [name, String(samples), ...worst.means.map((ns) => ns.toFixed(0)), worst.t.toFixed(1), says];
});
const head = ["kernel", "samples", "fixed", "random", "t", "says"];
console.log("Nanoseconds of one call; t of fixed against random secrets, the worst of three crops.");
console.log(table(head, rows));
leave(
  "timing",
  "Time and secrets",
  "`npm run bench:timing`: fixed against random secrets for the kernels that work on secrets (dudect, Welch's t, the worst of three crops), nanoseconds of one call. The last row leaks on purpose and shows that the method sees a leak. JavaScript promises no constant time: [threat-model.md](../threat-model.md).",
  head,
  rows,
);
