// What a router's Welcome may say (router.proto). A router does not start with other bounds, and a
// party takes no others. So a stream cannot stand and carry nothing.
import type { Welcome } from "./gen/covault/v1/router_pb.ts";

/** The room in a frame for what surrounds a payload (addresses, ids, tags), in bytes. */
export const frameOverheadBytes = 1_024;
/**
 * The least value of the largest frame, in bytes. The longest message of any protocol fits into it,
 * and so does an invite with the longest payload and a key's certificates.
 */
export const frameBytesMin = 524_288;
/** The most bytes that a party reads in one frame. */
export const frameBytesMax = 4_194_304;

const bounds = {
  frameBytesMax: [frameBytesMin, frameBytesMax],
  unacknowledgedMax: [8, 65_536],
  heartbeatMs: [10, 60_000],
} as const;

/** Says in a sentence what is wrong with these bounds. Gives undefined when nothing is. */
export function welcomeFault(welcome: Pick<Welcome, keyof typeof bounds>): string | undefined {
  for (const [name, [least, most]] of Object.entries(bounds) as [keyof typeof bounds, readonly [number, number]][])
    if (!(welcome[name] >= least && welcome[name] <= most)) return `${name} is ${welcome[name]}, not ${least} to ${most}.`;
  return undefined;
}
