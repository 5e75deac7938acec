// The figures: what was measured of a system, and the ratios to the bare protocol that follow.
import { quantile } from "../report.ts";
import type { BareTimes } from "./bare.ts";
import type { Work } from "./requests.ts";

export const systemNames = ["embedded", "cluster"] as const;
export type SystemName = (typeof systemNames)[number];

/** One kind of work with one number of callers. */
export interface Measurement {
  readonly work: Work;
  readonly callers: number;
  /** The milliseconds of each request. */
  readonly latenciesMs: readonly number[];
  /** The time in which they were answered, in milliseconds. */
  readonly elapsedMs: number;
  /** The CPU time of all of the system's processes in it, in milliseconds. */
  readonly cpuMs: number;
  /** The frames that the routers received and sent in it. */
  readonly frames: number;
}

export interface Measured {
  readonly measurements: readonly Measurement[];
  /** The CPU time of all of the system's processes while nobody asked for anything. */
  readonly idle: { readonly cpuMs: number; readonly elapsedMs: number };
  /**
   * The milliseconds from the start of the process to its line "Started": on an empty data folder,
   * and on the same folder again. The cluster is started again only to count statements.
   */
  readonly startMs: { readonly first: number; readonly second?: number };
  /** The memory of all of the system's processes, in bytes, when it is up and after everything. */
  readonly memoryBytes: { readonly start: number; readonly end: number };
  /** The statements for one request of each kind, by one caller. */
  readonly statements: Partial<Readonly<Record<Work, number>>>;
}

export interface Summary {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  readonly cpuMs: number;
  readonly frames: number;
}

/** Sums a measurement up: percentiles of the latencies, and the rest for one request. */
export function summaryOf({ latenciesMs, elapsedMs, cpuMs, frames }: Measurement): Summary {
  const count = latenciesMs.length;
  return {
    p50Ms: quantile(latenciesMs, 0.5),
    p95Ms: quantile(latenciesMs, 0.95),
    p99Ms: quantile(latenciesMs, 0.99),
    perSecond: (count * 1_000) / elapsedMs,
    cpuMs: cpuMs / count,
    frames: frames / count,
  };
}

/** Puts the parts of a measurement together, of which other work stood in between. */
export function together(parts: readonly Measurement[]): Measurement {
  const [first] = parts;
  if (first === undefined) throw new RangeError("A measurement has at least one part.");
  const sum = (of: "elapsedMs" | "cpuMs" | "frames"): number => parts.reduce((total, part) => total + part[of], 0);
  return {
    work: first.work,
    callers: first.callers,
    latenciesMs: parts.flatMap((part) => part.latenciesMs),
    elapsedMs: sum("elapsedMs"),
    cpuMs: sum("cpuMs"),
    frames: sum("frames"),
  };
}

/** A figure, or null when it was not measured. */
type Figure = number | null;

/** What `--json` prints. */
export interface Figures {
  readonly bare: { readonly sign_ms: number };
  readonly embedded: {
    readonly ecdsa: { readonly p50_ratio: Figure; readonly cpu_ratio: Figure; readonly throughput_part: Figure };
    readonly ed25519: { readonly p50_ms: Figure; readonly per_second: Figure };
    readonly pool: { readonly burst_per_second: Figure; readonly sustained_ratio: Figure };
    readonly batch: { readonly per_second: Figure };
    readonly keygen: { readonly p50_ratio: Figure };
    readonly idle_cpu_s_per_min: Figure;
    readonly start_ms: { readonly first: Figure; readonly second: Figure };
  };
  readonly cluster: {
    readonly ecdsa: { readonly p50_ratio: Figure; readonly throughput_part: Figure };
    readonly idle_cpu_s_per_min: Figure;
  };
}

/** The number of callers at which the cluster's throughput is taken. */
export const clusterCallers = 16;

/**
 * Gives the signatures a second that two cores allow the bare protocol, whose parties take `signMs`
 * together.
 */
export const boundOfTwoCores = (signMs: number): number => (2 * 1_000) / signMs;

/**
 * Gives the figures. Latency and CPU are those at one caller. The embedded throughput is the
 * highest of all numbers of callers.
 */
export function figuresOf(bare: BareTimes, { embedded, cluster }: Partial<Readonly<Record<SystemName, Measured>>>): Figures {
  const signMs = quantile(bare.sign, 0.5);
  const keygenMs = quantile(bare.keygen, 0.5);
  const at = (system: Measured | undefined, work: Work, callers: number): Summary | undefined => {
    const found = system?.measurements.find((one) => one.work === work && one.callers === callers);
    return found && summaryOf(found);
  };
  const most = (work: Work): number | undefined => {
    const all = embedded?.measurements.filter((one) => one.work === work).map((one) => summaryOf(one).perSecond) ?? [];
    return all.length === 0 ? undefined : Math.max(...all);
  };
  const [ecdsa, ed25519, keygen] = (["ecdsa", "ed25519", "keygen"] as const).map((work) => at(embedded, work, 1));
  return {
    bare: { sign_ms: signMs },
    embedded: {
      ecdsa: {
        p50_ratio: over(ecdsa?.p50Ms, signMs),
        cpu_ratio: over(ecdsa?.cpuMs, signMs),
        throughput_part: over(most("ecdsa"), boundOfTwoCores(signMs)),
      },
      ed25519: { p50_ms: ed25519?.p50Ms ?? null, per_second: most("ed25519") ?? null },
      pool: { burst_per_second: null, sustained_ratio: null },
      batch: { per_second: null },
      keygen: { p50_ratio: over(keygen?.p50Ms, keygenMs) },
      idle_cpu_s_per_min: idleOf(embedded),
      start_ms: { first: embedded?.startMs.first ?? null, second: embedded?.startMs.second ?? null },
    },
    cluster: {
      ecdsa: {
        p50_ratio: over(at(cluster, "ecdsa", 1)?.p50Ms, signMs),
        throughput_part: over(at(cluster, "ecdsa", clusterCallers)?.perSecond, boundOfTwoCores(signMs)),
      },
      idle_cpu_s_per_min: idleOf(cluster),
    },
  };
}

const over = (value: number | undefined, unit: number): Figure => (value === undefined ? null : value / unit);

/** Gives the seconds of CPU in a minute without requests. */
const idleOf = (system: Measured | undefined): Figure => (system === undefined ? null : (system.idle.cpuMs * 60) / system.idle.elapsedMs);
