// The FROST of @noble/curves (RFC 9591), with both signers: commit, sign, aggregate.
import { randomBytes } from "node:crypto";
import { ed25519_FROST } from "@noble/curves/ed25519.js";

const frost = ed25519_FROST;

export function deal() {
  const ids = ["1", "2", "3"].map((name) => frost.Identifier.derive(name));
  return { ids, dealt: frost.trustedDealer({ min: 2, max: 3 }, ids) };
}

/** Gives the milliseconds of one signature by the first two holders. */
export function sign({ ids, dealt }: ReturnType<typeof deal>): number {
  const message = randomBytes(32);
  const signers = ids.slice(0, 2);
  const started = performance.now();
  const nonces = signers.map((id) => frost.commit(dealt.secretShares[id] as never));
  const commitments = nonces.map(({ commitments }) => commitments);
  const shares = Object.fromEntries(
    signers.map((id, seat) => [
      id,
      frost.signShare(dealt.secretShares[id] as never, dealt.public, nonces[seat]?.nonces as never, commitments, message),
    ]),
  );
  frost.aggregate(dealt.public, commitments, message, shares);
  return performance.now() - started;
}
