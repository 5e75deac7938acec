// Forwards a Send to the coordinators' queue or to a party's, or refuses it with a reason (RT7 to
// RT18).
import { create, toBinary } from "@bufbuild/protobuf";
import { asCovaultError, type ErrorCode } from "@covault/errors";
import { type Broker, coordinatorQueue, type Presence, partyQueue } from "@covault/service-kit/messages";
import { isDeviceId, rosterParty } from "@covault/trust";
import { type Address, coordinatorAddress, frameOverheadBytes, type Roster, RoutedMessageSchema, type Send } from "@covault/wire";
import { isInstanceId, type Peer } from "./authenticate.ts";
import type { RouterBounds } from "./config.ts";
import type { Counters, DropReason } from "./counters.ts";
import type { Seen } from "./seen.ts";

/** A message that may wait this long is an event or of a stored protocol, so it is durable. */
const durableFromMs = 60_000;
/** A message may be under way for this long to a coordinator, or to a receiver that is there. */
const underWayMs = 10_000;

const dropReasons = {
  "router/frame-too-large": "frame-too-large",
  "router/unknown-party": "unknown-party",
  "router/peer-offline": "peer-offline",
  "router/queue-full": "queue-full",
  "broker/unavailable": "broker-unavailable",
} as const satisfies Partial<Record<ErrorCode, DropReason>>;

export interface Refusal {
  readonly code: keyof typeof dropReasons;
  readonly message: string;
}

export interface ForwardDeps {
  readonly roster: () => Roster;
  readonly broker: Broker;
  readonly presence: Presence;
  readonly bounds: RouterBounds;
  readonly counters: Counters;
  readonly nowMs: () => number;
  /** The ids of accepted messages, by sender. */
  readonly accepted: Seen;
  /** The Sends that have no answer yet, by sender and id. */
  readonly pending: Map<string, Promise<Refusal | undefined>>;
  /** Says whether a stream of this router serves the address. */
  readonly isHere: (to: Address) => boolean;
}

/** Gives the refusal, or undefined when the broker has the message. */
export async function forward(send: Send, from: Peer, deps: ForwardDeps): Promise<Refusal | undefined> {
  const { counters, accepted, pending } = deps;
  const key = `${from.partyId}/${send.messageId}`;
  const before = accepted.has(from.partyId, send.messageId) ? Promise.resolve(undefined) : pending.get(key);
  if (before !== undefined) {
    counters.drop("duplicate");
    return before;
  }
  const answer = tryForward(send, from, deps);
  pending.set(key, answer);
  const refusal = await answer.finally(() => pending.delete(key));
  if (refusal === undefined) accepted.add(from.partyId, send.messageId);
  else counters.drop(dropReasons[refusal.code]);
  return refusal;
}

async function tryForward(send: Send, from: Peer, deps: ForwardDeps): Promise<Refusal | undefined> {
  const { bounds, broker } = deps;
  const payloadBytesMax = bounds.frameBytesMax - frameOverheadBytes;
  if (send.payload.length > payloadBytesMax)
    return { code: "router/frame-too-large", message: `The payload has ${send.payload.length} bytes, more than ${payloadBytesMax}.` };
  const to = send.to;
  if (to === undefined || !isReceiver(to, deps)) return { code: "router/unknown-party", message: "There is no such receiver." };
  const toCoordinator = to.partyId === coordinatorAddress;
  if (!toCoordinator && !(await mayWait(send.ttlMs, from, to, deps)))
    return { code: "router/peer-offline", message: `${to.partyId} is not connected.` };
  const routed = create(RoutedMessageSchema, { from, to, payload: send.payload, messageId: send.messageId });
  const ttlMs = Math.min(Math.max(send.ttlMs, underWayMs), bounds.ttlMsMax);
  try {
    await broker.publish(toCoordinator ? coordinatorQueue : partyQueue(to.partyId, to.instanceId), toBinary(RoutedMessageSchema, routed), {
      messageId: `${from.partyId}/${send.messageId}`,
      ttlMs,
      durable: send.ttlMs >= durableFromMs,
    });
    return undefined;
  } catch (error) {
    if (asCovaultError(error)?.code === "broker/queue-full")
      return { code: "router/queue-full", message: `The queue of ${to.partyId} is full.` };
    return { code: "broker/unavailable", message: "The message broker did not take the message." };
  }
}

function isReceiver(to: Address, { roster, nowMs, bounds }: ForwardDeps): boolean {
  if (to.partyId === coordinatorAddress) return true;
  if (to.instanceId !== "" && !isInstanceId(to.instanceId)) return false;
  if (isDeviceId(to.partyId)) return bounds.devicesMax > 0;
  return rosterParty(roster(), to.partyId, nowMs()) !== undefined;
}

/**
 * Anybody can be a device, and no roster bounds the names of devices and instances. Messages that
 * wait for such a name would make a queue for each.
 */
function wouldMakeQueue(from: Peer, to: Address): boolean {
  return isDeviceId(from.partyId) && (isDeviceId(to.partyId) || to.instanceId !== "");
}

async function mayWait(ttlMs: number, from: Peer, to: Address, deps: ForwardDeps): Promise<boolean> {
  const makesQueue = wouldMakeQueue(from, to);
  if (ttlMs > 0 && !makesQueue) return true;
  // While presence is away, no party of the roster is said to be offline. A message that waits in
  // vain is soon gone by itself.
  return (await isConnected(to, deps)) ?? !makesQueue;
}

/** Undefined when presence does not answer. */
async function isConnected(to: Address, { isHere, presence }: ForwardDeps): Promise<boolean | undefined> {
  if (isHere(to)) return true;
  const instances = await presence.find(to.partyId).catch(() => undefined);
  return instances?.some((entry) => to.instanceId === "" || entry.instanceId === to.instanceId);
}
