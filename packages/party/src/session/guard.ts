// The OT-extension check and its consequences (dkls23-spec 9): "checking" is durable before the check runs, its result is durable before
// anything is sent or reported. A failed check gives away one bit of a long-term secret, so the pair is burned for the epoch.
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import { hex, sha256 } from "../bytes.ts";
import type { PartyContext } from "../context.ts";
import { type Burn, strikesWarn } from "../ports/store.ts";
import type { SessionRun } from "../run/runner.ts";
import type { Inbox } from "./inbox.ts";

export interface Pairing {
  readonly epoch: Uint8Array;
  readonly sid: Uint8Array;
  readonly inbox: Inbox;
}

/** Runs a guard turn. Gives the partners that failed; they are burned when this resolves. Throws `mpc/pair-burned` without running the check. */
export async function runCheck(
  context: PartyContext,
  run: SessionRun,
  pairing: Pairing,
  partners: readonly number[],
): Promise<readonly number[]> {
  const { store, clock, observe } = context;
  const { epoch, sid } = pairing;
  await reportStrikes(context, epoch);
  const burning = partners.filter((partner) => context.burning.has(pairName(epoch, partner)));
  const refused = burning.length > 0 ? burning : await store.beginCheck({ epoch, sid, partners, nowMs: clock.nowMs() });
  if (refused.length > 0)
    throw new CovaultError("mpc/pair-burned", `The pair with party ${refused.join(", ")} is burned in this epoch.`, {
      facts: { burned: refused.join(", ") },
    });
  const { cleared, failed } = await run.check();
  try {
    await store.endCheck(epoch, sid, cleared, await burnsOf(pairing, failed, "mpc/ot-check-failed"));
  } catch (cause) {
    if (failed.length === 0) throw cause;
    // The store failed, not the burn: the abort tries again until it is durable.
    const culprits = [...failed];
    throw new CovaultError("mpc/ot-check-failed", `The check of party ${culprits.join(", ")} failed.`, {
      cause,
      culprits,
      consequence: "burn",
    });
  }
  if (failed.length > 0) observe({ kind: "burned", epoch: hex(epoch), partners: failed, code: "mpc/ot-check-failed" });
  return failed;
}

/**
 * Makes the burn that an error demands durable, before the error surfaces: while the store fails it is tried again, and the party refuses
 * the pair meanwhile. Gives the burned partners. Throws when the party stops before that.
 */
export async function burnFor(context: PartyContext, error: unknown, pairing: Pairing): Promise<readonly number[]> {
  const known = asCovaultError(error);
  if (known?.consequence !== "burn" || known.culprits.length === 0) return [];
  const burns = await burnsOf(pairing, known.culprits, known.code);
  for (const partner of known.culprits) context.burning.add(pairName(pairing.epoch, partner));
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 10_000)) {
    try {
      await context.store.burn(pairing.epoch, burns);
      break;
    } catch (failure) {
      context.observe({ kind: "failed", error: failure });
      if (context.stopping.aborted) throw failure;
      await pause(context, waitMs);
    }
  }
  for (const partner of known.culprits) context.burning.delete(pairName(pairing.epoch, partner));
  context.observe({ kind: "burned", epoch: hex(pairing.epoch), partners: known.culprits, code: known.code });
  return known.culprits;
}

const pairName = (epoch: Uint8Array, partner: number): string => `${hex(epoch)}/${partner}`;

function pause({ clock, stopping }: PartyContext, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      cancel();
      resolve();
    };
    const cancel = clock.timer(ms, () => {
      stopping.removeEventListener("abort", stop);
      resolve();
    });
    stopping.addEventListener("abort", stop);
  });
}

/** A fourth interrupted check asks for a refresh. Strikes come with crashes, so each process looks once per epoch. */
async function reportStrikes(context: PartyContext, epoch: Uint8Array): Promise<void> {
  if (context.strikesSeen.has(hex(epoch))) return;
  context.strikesSeen.add(hex(epoch));
  for (const [partner, strikes] of await context.store.strikes(epoch, context.clock.nowMs()))
    if (strikes >= strikesWarn) context.observe({ kind: "strikes", epoch: hex(epoch), partner, strikes });
}

function burnsOf({ sid, inbox }: Pairing, partners: readonly number[], reason: ErrorCode): Promise<readonly Burn[]> {
  return Promise.all(
    partners.map(async (partner) => {
      const message = inbox.of(partner);
      const digest = message === undefined ? new Uint8Array(32) : await sha256(message.header, message.sealed);
      return { partner, reason, sid, digest };
    }),
  );
}
