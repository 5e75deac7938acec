// A party at the other end of a stream, for tests. It signs the challenge, keeps every frame that
// it is sent, and answers when the test says so.
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { LiveRoster } from "@covault/trust";
import {
  type Challenge,
  type Deliver,
  type Frame,
  FrameSchema,
  RosterSchema,
  routerAuthBytes,
  SignedSchema,
  signatureTags,
  signedBytes,
} from "@covault/wire";
import { WebSocket } from "ws";
import { encodeFrame, type FrameBody } from "../src/frames.ts";

export interface Identity {
  readonly publicKey: Uint8Array;
  sign(tag: keyof typeof signatureTags, body: Uint8Array): Uint8Array;
}

/** The same name gives the same key. */
export function identity(name: string): Identity {
  const seed = createHash("sha256").update(name).digest();
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: (tag, body) => new Uint8Array(sign(null, signedBytes(signatureTags[tag], body), key)),
  };
}

export function signedRoster(
  partyIds: readonly string[],
  validUntilMs: Readonly<Record<string, number>> = {},
  { serial = 1n, keys = {} }: { readonly serial?: bigint; readonly keys?: Readonly<Record<string, Identity>> } = {},
) {
  const root = identity("root");
  const parties = partyIds.map((partyId) => ({
    partyId,
    idpk: (keys[partyId] ?? identity(partyId)).publicKey,
    role: "persistent",
    validFromMs: 0n,
    validUntilMs: BigInt(validUntilMs[partyId] ?? 0),
  }));
  const body = toBinary(RosterSchema, create(RosterSchema, { version: 1, serial, parties, initiators: [] }));
  const signed = toBinary(SignedSchema, create(SignedSchema, { body, signature: root.sign("roster", body), signer: "root" }));
  return { signed, rootKey: root.publicKey };
}

export function liveRoster(partyIds: readonly string[], validUntilMs: Readonly<Record<string, number>> = {}): LiveRoster {
  const { signed, rootKey } = signedRoster(partyIds, validUntilMs);
  return new LiveRoster(signed, rootKey);
}

export interface Party {
  readonly socket: WebSocket;
  /** Every frame that has come so far. */
  readonly frames: Frame["body"][];
  readonly delivered: Deliver[];
  send(frame: FrameBody): void;
  /** Takes the next frame of this kind that was not taken yet. */
  next<K extends NonNullable<Frame["body"]["case"]>>(kind: K): Promise<Extract<Frame["body"], { case: K }>["value"]>;
  readonly closed: Promise<{ code: number; reason: string }>;
  close(): Promise<unknown>;
}

export interface PartyOptions {
  readonly instanceId?: string;
  readonly key?: Identity;
  /** The public key that is sent along, as devices do. */
  readonly idpk?: Uint8Array;
  /** The party sends receipts by itself. Default true. */
  readonly acknowledge?: boolean;
  readonly autoPong?: boolean;
  /** The headers of the upgrade. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes the bytes that are signed. */
  readonly sign?: (challenge: Challenge) => { nonce: Uint8Array; routerId: string };
}

/** Gives an open socket that has not answered the challenge. */
export function openSocket(url: string, options: PartyOptions = {}): Party {
  const socket = new WebSocket(url, { autoPong: options.autoPong ?? true, headers: options.headers } as WebSocket.ClientOptions);
  socket.setMaxListeners(0);
  const frames: Frame["body"][] = [];
  const delivered: Deliver[] = [];
  const taken = new Set<Frame["body"]>();
  const waiting: { kind: string; resolve: (value: never) => void }[] = [];
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  socket.on("error", () => {});
  const send = (frame: FrameBody) => socket.send(encodeFrame(frame));
  socket.on("message", (data) => {
    const { body } = fromBinary(FrameSchema, data as Buffer);
    frames.push(body);
    if (body.case === "deliver") {
      delivered.push(body.value);
      if (options.acknowledge ?? true) send({ case: "received", value: { seq: body.value.seq } });
    }
    const at = waiting.findIndex((one) => one.kind === body.case);
    if (at >= 0) {
      taken.add(body);
      waiting.splice(at, 1)[0]?.resolve(body.value as never);
    }
  });
  return {
    socket,
    frames,
    delivered,
    send,
    closed,
    next: (kind) =>
      new Promise((resolve, reject) => {
        const there = frames.find((frame) => frame.case === kind && !taken.has(frame));
        if (there !== undefined) {
          taken.add(there);
          return resolve(there.value as never);
        }
        waiting.push({ kind, resolve });
        void closed.then(({ code }) => reject(new Error(`closed with ${code} while waiting for ${kind}`)));
      }),
    close: () => {
      socket.close();
      return closed;
    },
  };
}

/** Answers the challenge of a socket. */
export async function answerChallenge(party: Party, partyId: string, options: PartyOptions = {}): Promise<void> {
  const challenge = await party.next("challenge");
  const { nonce, routerId } = options.sign?.(challenge) ?? challenge;
  const instanceId = options.instanceId ?? "i1";
  const key = options.key ?? identity(partyId);
  const signature = key.sign("routerAuth", routerAuthBytes(nonce, routerId, partyId, instanceId));
  party.send({ case: "authenticate", value: { partyId, instanceId, signature, idpk: options.idpk ?? new Uint8Array(0) } });
}

export async function connectParty(url: string, partyId: string, options: PartyOptions = {}): Promise<Party> {
  const party = openSocket(url, options);
  await answerChallenge(party, partyId, options);
  await party.next("welcome");
  return party;
}

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (payload: Uint8Array) => new TextDecoder().decode(payload);

let sent = 0;
/** Sends and waits for the answer: "accepted" or the code of the rejection. */
export async function sendTo(
  party: Party,
  partyId: string,
  payload: Uint8Array,
  options: { instanceId?: string; ttlMs?: number; messageId?: string } = {},
): Promise<string> {
  const messageId = options.messageId ?? `m${++sent}`;
  const from = party.frames.length;
  party.send({
    case: "send",
    value: { messageId, to: { partyId, instanceId: options.instanceId ?? "" }, payload, ttlMs: options.ttlMs ?? 0 },
  });
  return new Promise((resolve, reject) => {
    const look = () => {
      for (const frame of party.frames.slice(from)) {
        if (frame.case === "accepted" && frame.value.messageId === messageId) return done("accepted");
        if (frame.case === "rejected" && frame.value.messageId === messageId) return done(frame.value.code);
      }
    };
    const done = (answer: string) => {
      party.socket.off("message", look);
      resolve(answer);
    };
    party.socket.on("message", look);
    void party.closed.then(({ code }) => reject(new Error(`closed with ${code}`)));
  });
}
