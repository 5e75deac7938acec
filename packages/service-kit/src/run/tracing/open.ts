// Opens the tracing that OpenTelemetry's environment variables ask for.
import { CovaultError } from "@covault/errors";
import type { Env } from "../settings/env-file.ts";
import { noTracing, type Tracing } from "./tracing.ts";

/**
 * Sends spans to a collector when OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
 * is set. Otherwise OpenTelemetry's libraries are not even loaded. Throws config/bad-value for a
 * URL, a protocol or a sampler that is not one.
 */
export async function openTracing(service: string, env: Env, onError: (error: unknown) => void = () => {}): Promise<Tracing> {
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/*$/, "/v1/traces");
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || base;
  if (!url || url === "/v1/traces" || env.OTEL_SDK_DISABLED === "true" || env.OTEL_TRACES_EXPORTER === "none") return noTracing;
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || "http/protobuf";
  if (protocol !== "http/protobuf" && protocol !== "http/json")
    throw new CovaultError("config/bad-value", "OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or http/json.");
  if (!URL.canParse(url)) throw new CovaultError("config/bad-value", "OTEL_EXPORTER_OTLP_ENDPOINT: expected a URL.");
  const { openOtlp } = await import("./otlp.ts");
  return openOtlp({ service, url, protocol, env, onError });
}
