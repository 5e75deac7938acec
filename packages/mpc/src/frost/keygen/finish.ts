// Finish: everybody saw the same run. With no secrets between pairs, the digest of the run is all there is to confirm: each share was
// checked against it.
import { constantTimeEqual } from "../../kernel/equal.ts";
import { peersOf } from "../../protocol/dkg/context.ts";
import { differ, type Inbox, messageOf, type Once } from "../../protocol/index.ts";
import type { FrostGeneration, FrostKeyShare } from "../encoding/key-share.ts";
import type { Round3Message } from "./messages.ts";
import type { Round3State } from "./state.ts";

export interface FrostDkgOutput {
  readonly generation: FrostGeneration;
  /** Of a receiver. To be staged, and used only under a commit certificate (dkls23-spec section 7). */
  readonly share: FrostKeyShare | undefined;
}

/** Throws `mpc/echo-mismatch`: nobody is to blame. */
export function finish(mine: Once<Round3State>, inbox: Inbox<Round3Message>): FrostDkgOutput {
  return mine.use(({ context, record, secret }) => {
    const others = peersOf(context).filter((j) => !constantTimeEqual(messageOf(inbox, j).h2, record.h2));
    differ("mpc/echo-mismatch", others, `${context.kind}, finish`, "The members saw different values in round 2.");
    return {
      generation: record,
      share: secret && { record: { version: 1, self: context.self, ...record }, secret },
    };
  });
}
