// What the main thread and a worker send to each other. `open` and `end` have no answer.

import type { Failure } from "./failure.ts";
import type { AttemptSecrets } from "./runner.ts";

export type Method = Exclude<keyof AttemptSecrets, "end">;

export type Call =
  | { readonly kind: "open"; readonly attempt: number }
  | { readonly kind: "end"; readonly attempt: number }
  | { readonly kind: "call"; readonly call: number; readonly attempt: number; readonly method: Method; readonly args: readonly unknown[] };

export type Answer = { readonly call: number; readonly value: unknown } | { readonly call: number; readonly failure: Failure };

/**
 * A deep copy in which every byte array has a buffer of its own. Cloning a view clones the whole
 * buffer behind it. Without the copy, bytes that stand beside an answer could leave the worker with
 * it.
 */
export function detached(value: unknown): unknown {
  // The slice of a Buffer would be a view.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [key, detached(entry)]));
  if (Array.isArray(value)) return value.map(detached);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, detached(entry)]));
  return value;
}
