// This file finds the requests that took more than 10 s, and what they met. A request ends within
// 10 s. One that meets another fault meanwhile has 10 s from there on, and none has more than 10 s
// for each fault. While a part stands still or refuses everybody, a request that needs it may wait
// for its end, and begin anew then. That time comes on top. So does the time that such a request
// takes on this machine as a rule (the median of its kind).
import type { Operations } from "./operations.ts";
import type { Happened } from "./run-chaos.ts";

const endsWithinMs = 10_000;

export interface LateRequest {
  readonly kind: Operations["all"][number]["kind"];
  readonly ms: number;
  readonly boundMs: number;
  readonly end: string;
  readonly met: readonly string[];
}
type Asked = Operations["all"][number]["asked"][number];
export type Met = Pick<Happened, "fault" | "lasts" | "beganAtMs" | "overAtMs" | "healedMs">;

export function lateRequests(
  operations: readonly Pick<Operations["all"][number], "kind" | "asked">[],
  happened: readonly Met[],
): readonly LateRequest[] {
  return operations.flatMap(({ kind, asked }) =>
    asked
      .filter(({ ms }) => ms > endsWithinMs)
      .map(({ atMs, ms, end }) => {
        const met = happened.filter(({ beganAtMs, overAtMs, healedMs = 0 }) => beganAtMs < atMs + ms && overAtMs + healedMs > atMs);
        const boundMs = Math.round(boundOf({ atMs, ms }, met, median(operations, kind)));
        return { kind, ms: Math.round(ms), boundMs, end, met: met.map(({ fault }) => fault) };
      }),
  );
}

function boundOf({ atMs, ms }: Pick<Asked, "atMs" | "ms">, met: readonly Met[], ordinaryMs: number): number {
  const stoodMs = met
    .filter(({ lasts }) => lasts)
    .map(({ beganAtMs, overAtMs }) => Math.max(0, Math.min(overAtMs, atMs + ms) - Math.max(beganAtMs, atMs)))
    .reduce((sum, each) => sum + each, 0);
  const lastMs = Math.max(atMs, ...met.map(({ lasts, beganAtMs, overAtMs }) => (lasts ? overAtMs : beganAtMs))) - atMs;
  const anewMs = stoodMs > 0 ? ordinaryMs : 0;
  return Math.min(endsWithinMs * Math.max(1, met.length) + stoodMs, lastMs + endsWithinMs) + anewMs;
}

function median(operations: Parameters<typeof lateRequests>[0], kind: LateRequest["kind"]): number {
  const times = operations.filter((operation) => operation.kind === kind).flatMap(({ asked }) => asked.map(({ ms }) => ms));
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
