// The requests that took more than 10 s, and what they met. A fault ends a request, or lets it go on, within 10 s; whoever meets another one then, meets 10 s
// more. What stands still itself ends nothing: that time comes on top.
import type { Operations } from "./operations.ts";
import type { Happened } from "./run-chaos.ts";

export const endsWithinMs = 10_000;

export interface LateRequest {
  readonly kind: "keygen" | "sign";
  readonly ms: number;
  readonly boundMs: number;
  readonly end: string;
  readonly met: readonly string[];
}

export function lateRequests(operations: Operations["all"], happened: readonly Happened[]): readonly LateRequest[] {
  return operations.flatMap(({ kind, asked }) =>
    asked
      .filter(({ ms }) => ms > endsWithinMs)
      .map(({ atMs, ms, end }) => {
        const met = happened.filter(({ beganAtMs, overAtMs, healedMs = 0 }) => beganAtMs < atMs + ms && overAtMs + healedMs > atMs);
        return { kind, ms: Math.round(ms), boundMs: endsWithinMs * Math.max(1, met.length), end, met: met.map(({ fault }) => fault) };
      }),
  );
}
