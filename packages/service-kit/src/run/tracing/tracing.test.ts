import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Collector, openCollector } from "../../../test/collector.ts";
import { openTracing } from "./open.ts";
import { noTracing, traceOf } from "./tracing.ts";

let collector: Collector;
beforeAll(async () => {
  collector = await openCollector();
});
afterAll(() => collector.close());

const attempt = { sessionId: "ses_1", name: "sign attempt", startMs: 1_700_000_000_000, endMs: 1_700_000_000_250 };

describe("tracing", () => {
  it("is nothing at all without a collector, and when it is switched off", async () => {
    expect(await openTracing("a", {})).toBe(noTracing);
    expect(await openTracing("a", { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: "true" })).toBe(noTracing);
  });

  it("puts what several services did for a session into one trace, below the session as a whole", async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" };
    const [one, other] = [await openTracing("coordinator", env), await openTracing("server-party-1", env)];
    one.span({ ...attempt, name: "sign session", whole: true });
    one.span(attempt);
    other.span({ ...attempt, failure: "party/busy" });
    await Promise.all([one.close(), other.close()]);
    const { traceId, spanId } = traceOf("ses_1");
    const seen = collector.spans.map((span) => [span.service, span.traceId, span.parentSpanId, span.durationMs, span.failure]);
    expect(seen).toHaveLength(3);
    expect(seen).toContainEqual(["coordinator", traceId, "", 250, undefined]);
    expect(seen).toContainEqual(["coordinator", traceId, spanId, 250, undefined]);
    expect(seen).toContainEqual(["server-party-1", traceId, spanId, 250, "party/busy"]);
    expect(collector.spans.filter((span) => span.spanId === spanId).map((span) => span.name)).toEqual(["sign session"]);
  });

  it("speaks Protocol Buffers unless told otherwise, to the path that the endpoint implies", async () => {
    const tracing = await openTracing("a", { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/` });
    tracing.span(attempt);
    await tracing.close();
    expect(collector.requests.at(-1)).toEqual({ path: "/v1/traces", type: "application/x-protobuf" });
  });

  it("takes a share of the sessions, the same share everywhere", async () => {
    const before = collector.spans.length;
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.5",
    };
    const [one, other] = [await openTracing("one", env), await openTracing("other", env)];
    for (let n = 0; n < 100; n++) for (const { span } of [one, other]) span({ ...attempt, sessionId: `ses_${n}` });
    await Promise.all([one.close(), other.close()]);
    const tracesOf = (service: string) =>
      new Set(
        collector.spans
          .slice(before)
          .filter((span) => span.service === service)
          .map((span) => span.traceId),
      );
    expect(tracesOf("one")).toEqual(tracesOf("other"));
    expect(tracesOf("one").size).toBeGreaterThan(20);
    expect(tracesOf("one").size).toBeLessThan(80);
  });

  it.each([
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector"],
    ["OTEL_TRACES_SAMPLER", "sometimes"],
  ])("a wrong %s names itself", async (name, value) => {
    await expect(openTracing("a", { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, [name]: value })).rejects.toThrow(name);
  });
});
