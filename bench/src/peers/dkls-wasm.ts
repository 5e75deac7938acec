// The package @silencelaboratories/dkls-wasm-ll-node 1.1.2, which is Rust compiled to WASM, driven
// as its README says. It is measured only: it is installed outside the workspace and is never a
// dependency.

interface Message {
  readonly from_id: number;
  readonly to_id?: number;
  readonly payload: Uint8Array;
  clone(): Message;
}
export interface Keyshare {
  toBytes(): Uint8Array;
}
interface KeygenSession {
  createFirstMessage(): Message;
  calculateChainCodeCommitment(): Uint8Array;
  handleMessages(messages: Message[], commitments?: Uint8Array[]): Message[];
  keyshare(): Keyshare;
}
interface SignSession {
  createFirstMessage(): Message;
  handleMessages(messages: Message[]): Message[];
  lastMessage(digest: Uint8Array): Message;
  combine(messages: Message[]): Uint8Array[];
}
export interface DklsWasm {
  readonly KeygenSession: {
    new (n: number, t: number, party: number): KeygenSession;
    initKeyRotation(old: Keyshare): KeygenSession;
  };
  readonly Keyshare: { fromBytes(bytes: Uint8Array): Keyshare };
  readonly SignSession: new (share: Keyshare, path: string) => SignSession;
}

const others = (messages: readonly Message[], party: number) =>
  messages.filter((message) => message.from_id !== party).map((message) => message.clone());
const mine = (messages: readonly Message[], party: number) =>
  messages.filter((message) => message.to_id === party).map((message) => message.clone());

function runKeygen(sessions: readonly KeygenSession[]): Keyshare[] {
  const first = sessions.map((session) => session.createFirstMessage());
  const second = sessions.flatMap((session, party) => session.handleMessages(others(first, party)));
  const commitments = sessions.map((session) => session.calculateChainCodeCommitment());
  const third = sessions.flatMap((session, party) => session.handleMessages(mine(second, party)));
  const fourth = sessions.flatMap((session, party) => session.handleMessages(mine(third, party), commitments));
  for (const [party, session] of sessions.entries()) session.handleMessages(others(fourth, party));
  return sessions.map((session) => session.keyshare());
}

/** Gives the shares of a new key, as bytes. */
export function keygen(peer: DklsWasm, t: number, n: number): Uint8Array[] {
  return runKeygen(Array.from({ length: n }, (_, party) => new peer.KeygenSession(n, t, party))).map((share) => share.toBytes());
}

export function refresh(peer: DklsWasm, shares: readonly Uint8Array[]): Uint8Array[] {
  return runKeygen(shares.map((share) => peer.KeygenSession.initKeyRotation(peer.Keyshare.fromBytes(share)))).map((share) =>
    share.toBytes(),
  );
}

export interface SignTimes {
  /** The time of everything up to the presignatures, in milliseconds. */
  readonly presignMs: number;
  /** The time from the digest to the signature, in milliseconds. */
  readonly onlineMs: number;
  readonly bytesPerParty: number;
}

/** Lets the first `t` holders sign. The loading of the shares from bytes is not timed. */
export function sign(peer: DklsWasm, t: number, shares: readonly Uint8Array[], digest: Uint8Array): SignTimes {
  const sessions = shares.slice(0, t).map((share) => new peer.SignSession(peer.Keyshare.fromBytes(share), "m"));
  const started = performance.now();
  const first = sessions.map((session) => session.createFirstMessage());
  const second = sessions.flatMap((session, party) => session.handleMessages(others(first, party)));
  const third = sessions.flatMap((session, party) => session.handleMessages(mine(second, party)));
  for (const [party, session] of sessions.entries()) session.handleMessages(mine(third, party));
  const ready = performance.now();
  const last = sessions.map((session) => session.lastMessage(digest));
  for (const [party, session] of sessions.entries()) session.combine(others(last, party));
  const done = performance.now();
  const bytes = [...first, ...second, ...third, ...last].reduce(
    (sum, message) => sum + message.payload.length * (message.to_id === undefined ? t - 1 : 1),
    0,
  );
  return { presignMs: ready - started, onlineMs: done - ready, bytesPerParty: bytes / t };
}
