// What the figures must be and what they aim at, as ratios to the bare protocol in the same run on
// two quiet cores.
import { boundOfTwoCores, type Figures } from "./figures.ts";

export interface Bound {
  readonly about: string;
  /** The figure's place in the object that `--json` prints. */
  readonly of: string;
  readonly better: "less" | "more";
  readonly must: number;
  readonly aim: number;
  readonly unit: string;
  /**
   * Whether the bound is for the figure as a part of the signatures a second that two cores allow
   * the bare protocol.
   */
  readonly asPartOfTwoCores?: true;
}

export const bounds: readonly Bound[] = [
  { about: "embedded, ECDSA, p50 at one caller", of: "embedded.ecdsa.p50_ratio", better: "less", must: 4.5, aim: 4, unit: "x" },
  {
    about: "embedded, ECDSA, CPU of the process per signature",
    of: "embedded.ecdsa.cpu_ratio",
    better: "less",
    must: 5.5,
    aim: 4.5,
    unit: "x",
  },
  {
    about: "embedded, ECDSA, throughput as part of what two cores allow the bare protocol",
    of: "embedded.ecdsa.throughput_part",
    better: "more",
    must: 0.17,
    aim: 0.2,
    unit: "",
  },
  { about: "embedded, Ed25519, p50 at one caller", of: "embedded.ed25519.p50_ms", better: "less", must: 15, aim: 12, unit: " ms" },
  { about: "embedded, Ed25519, throughput", of: "embedded.ed25519.per_second", better: "more", must: 80, aim: 100, unit: "/s" },
  { about: "embedded, pool, burst", of: "embedded.pool.burst_per_second", better: "more", must: 120, aim: 150, unit: "/s" },
  { about: "embedded, pool, sustained, to without", of: "embedded.pool.sustained_ratio", better: "more", must: 1.15, aim: 1.3, unit: "x" },
  {
    about: "embedded, batch of 64 ECDSA digests, signatures a second as part of what two cores allow the bare protocol",
    of: "embedded.batch.per_second",
    better: "more",
    must: 0.5,
    aim: 0.7,
    unit: "",
    asPartOfTwoCores: true,
  },
  { about: "embedded, keygen 2-of-3, p50 at one caller", of: "embedded.keygen.p50_ratio", better: "less", must: 1.3, aim: 1.1, unit: "x" },
  { about: "embedded, idle CPU a minute", of: "embedded.idle_cpu_s_per_min", better: "less", must: 0.3, aim: 0.2, unit: " s" },
  {
    about: "embedded, process start to Started, first",
    of: "embedded.start_ms.first",
    better: "less",
    must: 2_000,
    aim: 1_500,
    unit: " ms",
  },
  {
    about: "embedded, process start to Started, second",
    of: "embedded.start_ms.second",
    better: "less",
    must: 1_200,
    aim: 1_000,
    unit: " ms",
  },
  { about: "cluster, ECDSA, p50 at one caller", of: "cluster.ecdsa.p50_ratio", better: "less", must: 10, aim: 9, unit: "x" },
  {
    about: "cluster, ECDSA, throughput at 16 callers as part of what two cores allow the bare protocol",
    of: "cluster.ecdsa.throughput_part",
    better: "more",
    must: 0.06,
    aim: 0.08,
    unit: "",
  },
  {
    about: "cluster, idle CPU of all our processes a minute",
    of: "cluster.idle_cpu_s_per_min",
    better: "less",
    must: 2,
    aim: 1.5,
    unit: " s",
  },
];

/** Gives the figure that a bound is for, in the bound's unit, or null when it was not measured. */
export function figureFor({ of, asPartOfTwoCores }: Bound, figures: Figures): number | null {
  const value = of.split(".").reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], figures);
  if (value !== null && typeof value !== "number") throw new RangeError(`${of} is no figure.`);
  return value !== null && asPartOfTwoCores ? value / boundOfTwoCores(figures.bare.sign_ms) : value;
}

/** Says which of its two marks a figure reaches. One that was not measured reaches none. */
export function reached(bound: Bound, figures: Figures): "aim" | "must" | "neither" | "not measured" {
  const value = figureFor(bound, figures);
  if (value === null) return "not measured";
  const within = (mark: number): boolean => (bound.better === "less" ? value <= mark : value >= mark);
  if (within(bound.aim)) return "aim";
  return within(bound.must) ? "must" : "neither";
}
