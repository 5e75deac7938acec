// Sends session spans to an OpenTelemetry collector. This file is loaded only where a collector is
// configured, because the SDK takes long to load.
import { CovaultError } from "@covault/errors";
import { DiagLogLevel, diag, ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  RandomIdGenerator,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Env } from "../settings/env-file.ts";
import { type Tracing, traceOf } from "./tracing.ts";

export interface OtlpOptions {
  readonly service: string;
  /** The whole URL of the collector, with its path. */
  readonly url: string;
  readonly protocol: "http/protobuf" | "http/json";
  readonly env: Env;
  readonly onError: (error: unknown) => void;
}

export function openOtlp({ service, url, protocol, env, onError }: OtlpOptions): Tracing {
  diag.setLogger(
    { error: (...about) => onError(new Error(about.map(String).join(" "))), warn() {}, info() {}, debug() {}, verbose() {} },
    DiagLogLevel.ERROR,
  );
  const ids = new RandomIdGenerator();
  /** The ids of the span that is being made, if it stands for a whole session. */
  let fixed: { readonly traceId: string; readonly spanId: string } | undefined;
  const provider = new TracerProvider({
    // Later ones win: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES replace the role's own name.
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": service, "service.namespace": "covault" }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(env),
    idGenerator: {
      generateTraceId: () => fixed?.traceId ?? ids.generateTraceId(),
      generateSpanId: () => fixed?.spanId ?? ids.generateSpanId(),
    },
    spanProcessors: [
      new BatchSpanProcessor({ exporter: protocol === "http/json" ? new JsonExporter({ url }) : new ProtobufExporter({ url }) }),
    ],
  });
  const tracer = provider.getTracer("covault");
  return {
    span({ sessionId, name, startMs, endMs, whole = false, attributes = {}, failure }) {
      const ids = traceOf(sessionId);
      const parent = trace.setSpanContext(ROOT_CONTEXT, { ...ids, traceFlags: TraceFlags.SAMPLED, isRemote: true });
      fixed = whole ? ids : undefined;
      const span = tracer.startSpan(
        name,
        { startTime: startMs, attributes: { "covault.session_id": sessionId, ...attributes } },
        whole ? ROOT_CONTEXT : parent,
      );
      fixed = undefined;
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      span.end(Math.max(startMs, endMs));
    },
    close: () => provider.shutdown(),
  };
}

/**
 * Every service decides alike about a session, because it decides by the trace id alone. So the
 * variants that follow a parent's decision are the same as those that do not.
 */
function samplerOf(env: Env): Sampler {
  const name = (env.OTEL_TRACES_SAMPLER || "always_on").replace(/^parentbased_/, "");
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG || "1");
  if (name === "always_on") return new AlwaysOnSampler();
  if (name === "always_off") return new AlwaysOffSampler();
  if (name === "traceidratio" && ratio >= 0 && ratio <= 1) return new TraceIdRatioBasedSampler(ratio);
  throw new CovaultError(
    "config/bad-value",
    "OTEL_TRACES_SAMPLER: expected always_on, always_off or traceidratio (also with parentbased_) and OTEL_TRACES_SAMPLER_ARG in 0..1.",
  );
}
