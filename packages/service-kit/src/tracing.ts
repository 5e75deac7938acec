// Traces of sessions, across services and parties, by OpenTelemetry's environment variables. A session is one trace: its ids are made from
// the session's id, so that everybody who takes part knows them, and nothing has to travel with the messages.
import { createHash } from "node:crypto";
import { CovaultError } from "@covault/errors";
import type { Env } from "./settings/env-file.ts";

/** Something that was done for a session, told when it is over. */
export interface SessionSpan {
  readonly sessionId: string;
  /** For example `sign attempt`. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  /** The session as a whole: told once, by whoever ends it. */
  readonly whole?: boolean;
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** The code of what it failed with. */
  readonly failure?: string;
}

export interface Tracing {
  readonly span: (span: SessionSpan) => void;
  /** Sends what is left. */
  readonly close: () => Promise<void>;
}

export const noTracing: Tracing = { span: () => {}, close: async () => {} };

/** W3C trace context of a session: 16 and 8 bytes, hex. */
export function traceOf(sessionId: string): { readonly traceId: string; readonly spanId: string } {
  const digest = createHash("sha256").update(`covault/trace/v1\n${sessionId}`).digest("hex");
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}

/**
 * Tells an OpenTelemetry collector when OTEL_EXPORTER_OTLP_ENDPOINT (or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) is set; otherwise its libraries
 * are not even loaded. Throws config/bad-value for a protocol or sampler that there is not.
 */
export async function openTracing(service: string, env: Env, onError: (error: unknown) => void = () => {}): Promise<Tracing> {
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/*$/, "/v1/traces");
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || base;
  if (!url || url === "/v1/traces" || env.OTEL_SDK_DISABLED === "true" || env.OTEL_TRACES_EXPORTER === "none") return noTracing;
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || "http/protobuf";
  if (protocol !== "http/protobuf" && protocol !== "http/json")
    throw new CovaultError("config/bad-value", "OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or http/json.");
  if (!URL.canParse(url)) throw new CovaultError("config/bad-value", "OTEL_EXPORTER_OTLP_ENDPOINT: expected a URL.");
  const { openOtlp } = await import("./tracing-otlp.ts");
  return openOtlp({ service, url, protocol, env, onError });
}
