// The requests that took more than 10 s, and what they met. When a fault is over, every request ends within 10 s; one that meets another fault by then has 10 s
// more. While somebody stands still or refuses everybody, what needs it may wait for its end: that time comes on top, and so does the time that such a request
// takes on this machine as a rule (the median of its kind), since a session may have to begin anew.
import type { Operations } from "./operations.ts";
import type { Happened } from "./run-chaos.ts";

const endsWithinMs = 10_000;

export interface LateRequest {
  readonly kind: "keygen" | "sign";
  readonly ms: number;
  readonly boundMs: number;
  readonly end: string;
  readonly met: readonly string[];
}

export function lateRequests(operations: Operations["all"], happened: readonly Happened[]): readonly LateRequest[] {
  const ordinaryMs = { keygen: median(operations, "keygen"), sign: median(operations, "sign") };
  return operations.flatMap(({ kind, asked }) =>
    asked
      .filter(({ ms }) => ms > endsWithinMs)
      .map(({ atMs, ms, end }) => {
        const met = happened.filter(({ beganAtMs, overAtMs, healedMs = 0 }) => beganAtMs < atMs + ms && overAtMs + healedMs > atMs);
        const stoodMs = met
          .filter(({ lasts }) => lasts)
          .map(({ beganAtMs, overAtMs }) => Math.max(0, Math.min(overAtMs, atMs + ms) - Math.max(beganAtMs, atMs)))
          .reduce((sum, each) => sum + each, 0);
        const boundMs = Math.round(endsWithinMs * Math.max(1, met.length) + stoodMs + ordinaryMs[kind]);
        return { kind, ms: Math.round(ms), boundMs, end, met: met.map(({ fault }) => fault) };
      }),
  );
}

function median(operations: Operations["all"], kind: LateRequest["kind"]): number {
  const times = operations.filter((operation) => operation.kind === kind).flatMap(({ asked }) => asked.map(({ ms }) => ms));
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
