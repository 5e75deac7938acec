import { describe, expect, it } from "vitest";
import { bounds, figureFor, reached } from "./bounds.ts";
import { type Figures, figuresOf, type Measured, type Measurement, summaryOf, together } from "./figures.ts";

/** The whole numbers from 1 to 100, in an order that is not theirs. */
const hundred = Array.from({ length: 100 }, (_, at) => ((at * 37) % 100) + 1);
const measurement = (over: Partial<Measurement>): Measurement => ({
  work: "ecdsa",
  callers: 1,
  latenciesMs: hundred,
  elapsedMs: 5_000,
  cpuMs: 4_000,
  frames: 5_200,
  ...over,
});
const system = (measurements: readonly Measurement[]): Measured => ({
  measurements,
  idle: { cpuMs: 250, elapsedMs: 10_000 },
  startMs: { first: 3_400, second: 1_600 },
  memoryBytes: { start: 1, end: 2 },
  statements: {},
});
const bare = { sign: [9, 5, 1], frostSign: [2], keygen: [100] };
/** The throughputs are 20 and 40 a second at one and 8 callers, and 10 a second in the cluster. */
const both = {
  embedded: system([
    measurement({}),
    measurement({ callers: 8, elapsedMs: 2_500 }),
    measurement({ work: "ed25519", latenciesMs: [10, 20, 30], elapsedMs: 60 }),
    measurement({ work: "keygen", latenciesMs: [200] }),
  ]),
  cluster: system([measurement({}), measurement({ callers: 16, elapsedMs: 10_000 })]),
};

describe("a measurement", () => {
  it("is summed up in percentiles, and in what one request took", () => {
    expect(summaryOf(measurement({}))).toEqual({ p50Ms: 51, p95Ms: 96, p99Ms: 100, perSecond: 20, cpuMs: 40, frames: 52 });
  });

  it("of several parts has the latencies, the time, the CPU and the frames of all of them", () => {
    const whole = together([
      measurement({ latenciesMs: [1, 2] }),
      measurement({ latenciesMs: [3], elapsedMs: 1_000, cpuMs: 5, frames: 7 }),
    ]);
    expect(whole).toEqual(measurement({ latenciesMs: [1, 2, 3], elapsedMs: 6_000, cpuMs: 4_005, frames: 5_207 }));
  });
});

describe("the figures", () => {
  it("are ratios to the median of the bare protocol, and to what two cores allow it", () => {
    expect(figuresOf(bare, both)).toEqual({
      bare: { sign_ms: 5 },
      embedded: {
        // 51 ms and 40 ms of CPU over 5 ms. 40 a second of the 400 that two cores allow.
        ecdsa: { p50_ratio: 10.2, cpu_ratio: 8, throughput_part: 0.1 },
        ed25519: { p50_ms: 20, per_second: 50 },
        pool: { burst_per_second: null, sustained_ratio: null },
        batch: { per_second: null },
        keygen: { p50_ratio: 2 },
        idle_cpu_s_per_min: 1.5,
        start_ms: { first: 3_400, second: 1_600 },
      },
      // 10 a second of 400, at 16 callers.
      cluster: { ecdsa: { p50_ratio: 10.2, throughput_part: 0.025 }, idle_cpu_s_per_min: 1.5 },
    });
  });

  it("have the same shape, with null, where a system was not measured", () => {
    const shape = (value: unknown): unknown =>
      typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shape(part)]))
        : "figure";
    const none = figuresOf(bare, {});
    expect(shape(none)).toEqual(shape(figuresOf(bare, both)));
    expect(JSON.stringify(none.embedded)).not.toMatch(/:\d/);
    expect(JSON.stringify(none.cluster)).not.toMatch(/:\d/);
  });

  it("are not taken at another number of callers than they are said to be", () => {
    const figures = figuresOf(bare, { cluster: system([measurement({ callers: 8 })]) });
    expect(figures.cluster.ecdsa).toEqual({ p50_ratio: null, throughput_part: null });
  });
});

describe("the bounds", () => {
  const figures = figuresOf(bare, both);

  it("are there once for each figure but that of the bare protocol", () => {
    const leaves = (value: unknown, path: string): string[] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([name, part]) => leaves(part, path === "" ? name : `${path}.${name}`))
        : [path];
    expect(bounds.map((bound) => bound.of).sort()).toEqual(
      leaves(figures, "")
        .filter((path) => !path.startsWith("bare."))
        .sort(),
    );
  });

  it("aim beyond what they must be", () => {
    expect(bounds.filter(({ better, must, aim }) => (better === "less" ? aim >= must : aim <= must))).toEqual([]);
  });

  const bound = (of: string) => bounds.find((one) => one.of === of) as (typeof bounds)[number];
  const withFigures = (ratio: number, part: number): Figures => ({
    ...figures,
    embedded: { ...figures.embedded, ecdsa: { p50_ratio: ratio, cpu_ratio: null, throughput_part: part } },
  });
  it.each([
    [4, 0.2, "aim"],
    [4.1, 0.19, "must"],
    [4.5, 0.17, "must"],
    [4.6, 0.16, "neither"],
  ])("a latency of %d and a throughput of %d reach %s", (ratio, part, mark) => {
    const given = withFigures(ratio, part);
    expect(reached(bound("embedded.ecdsa.p50_ratio"), given)).toBe(mark);
    expect(reached(bound("embedded.ecdsa.throughput_part"), given)).toBe(mark);
  });

  it("say of a figure that is not there that it was not measured", () => {
    expect(reached(bound("embedded.ecdsa.cpu_ratio"), withFigures(1, 1))).toBe("not measured");
    expect(reached(bound("embedded.batch.per_second"), figures)).toBe("not measured");
  });

  it("hold a batch's signatures against what two cores allow the bare protocol", () => {
    const given = { ...figures, embedded: { ...figures.embedded, batch: { per_second: 240 } } };
    expect(figureFor(bound("embedded.batch.per_second"), given)).toBeCloseTo(0.6);
    expect(reached(bound("embedded.batch.per_second"), given)).toBe("must");
  });
});
