// What a router's Welcome may say (router.proto). A router that does not start with such bounds, and a party that takes no others, cannot
// end as a stream that stands and carries nothing.
import type { Welcome } from "./gen/covault/v1/router_pb.ts";

/** Room in a frame for what surrounds a payload: addresses, ids, tags. */
export const frameOverheadBytes = 1_024;
/** The least largest frame: the longest message of any protocol fits, and so does an invite with the longest payload and a key's certificates. */
export const frameBytesMin = 524_288;
/** What a party reads at most in one frame. */
export const frameBytesMax = 4_194_304;

const bounds = {
  frameBytesMax: [frameBytesMin, frameBytesMax],
  unacknowledgedMax: [8, 65_536],
  heartbeatMs: [10, 60_000],
} as const;

/** What is wrong with these bounds, as a sentence; undefined: nothing. */
export function welcomeFault(welcome: Pick<Welcome, keyof typeof bounds>): string | undefined {
  for (const [name, [least, most]] of Object.entries(bounds) as [keyof typeof bounds, readonly [number, number]][])
    if (!(welcome[name] >= least && welcome[name] <= most)) return `${name} is ${welcome[name]}, not ${least} to ${most}.`;
  return undefined;
}
