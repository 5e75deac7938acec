// The EdDSA protocol of @bitgo/sdk-lib-mpc 10.14.0 (Rust to WASM), 2 of 3. It is measured only, and
// installed outside the workspace.
import { generateKeyPairSync, randomBytes } from "node:crypto";

type Message = unknown;
interface Dkg {
  initDkg(decryptionKey: Buffer, others: Buffer[]): Promise<void>;
  getFirstMessage(): Message;
  handleIncomingMessages(messages: Message[]): Message[];
  getKeyShare(): Buffer;
}
interface Dsg {
  initDsg(share: Buffer, message: Buffer, path: string, other: number): void;
  getFirstMessage(): Message;
  handleIncomingMessages(messages: Message[]): Message[];
  getSignature(): Buffer;
}
export interface Mps {
  readonly DKG: new (n: number, t: number, party: number) => Dkg;
  readonly DSG: new (party: number) => Dsg;
}

/** Gives the shares, and the milliseconds that they took, without the encryption keys. */
export async function keygen(peer: Mps): Promise<{ readonly ms: number; readonly shares: readonly Buffer[] }> {
  const pairs = [0, 1, 2].map(() => generateKeyPairSync("x25519"));
  const publicKeys = pairs.map(({ publicKey }) => Buffer.from(publicKey.export({ format: "der", type: "spki" }).subarray(-32)));
  const parties = [0, 1, 2].map((party) => new peer.DKG(3, 2, party));
  for (const [party, session] of parties.entries()) {
    const secret = Buffer.from((pairs[party] as (typeof pairs)[number]).privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32));
    await session.initDkg(
      secret,
      publicKeys.filter((_, other) => other !== party),
    );
  }
  const started = performance.now();
  const first = parties.map((party) => party.getFirstMessage());
  const second = parties.flatMap((party) => party.handleIncomingMessages(first));
  for (const party of parties) party.handleIncomingMessages(second);
  return { ms: performance.now() - started, shares: parties.map((party) => party.getKeyShare()) };
}

/** Gives the milliseconds of one signature by parties 0 and 1. */
export function sign(peer: Mps, shares: readonly Buffer[]): number {
  const message = randomBytes(32);
  const started = performance.now();
  const seats = [0, 1].map((party) => {
    const session = new peer.DSG(party);
    session.initDsg(shares[party] as Buffer, message, "m", 1 - party);
    return session;
  });
  let messages = seats.map((seat) => seat.getFirstMessage());
  for (let round = 0; round < 3; round++) messages = seats.flatMap((seat) => seat.handleIncomingMessages(messages));
  for (const seat of seats) seat.getSignature();
  return performance.now() - started;
}
