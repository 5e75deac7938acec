// A runner without workers. It has the same interface in the caller's thread, for browsers that
// have no workers, and for tests.
import type { Entropy } from "../ports/entropy.ts";
import type { Protocols } from "../protocols/protocol.ts";
import { AttemptCore } from "./attempt-core.ts";
import type { Runner } from "./runner.ts";

/** Gives a runner whose attempts run in the caller's thread. Its `close` does nothing. */
export function inThreadRunner(protocols: Protocols, entropy: Entropy): Runner {
  return { open: () => new AttemptCore(protocols, entropy), close: async () => {} };
}
