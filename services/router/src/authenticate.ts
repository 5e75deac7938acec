// Finds out who is at the other end of a stream. A party signs with the key that the roster has for
// it, and a device with its own key, which is behind its id (RT1 to RT3).
import { deviceIdOf, isDeviceId, isStillHolder, rosterParty, verifySignature } from "@covault/trust";
import { type Authenticate, isPartyId, type Roster, routerAuthBytes, signatureTags } from "@covault/wire";

export interface Peer {
  readonly partyId: string;
  readonly instanceId: string;
  /** The identity key that it has proved to have, 32 bytes. */
  readonly idpk: Uint8Array;
}
/** The reason is for the metrics alone. The peer gets the same refusal for every one. */
export type AuthenticationFailure = "malformed" | "unknown-party" | "bad-signature";

export interface AuthenticationOptions {
  readonly roster: Roster;
  readonly routerId: string;
  /** The 32 random bytes of this stream's challenge. */
  readonly nonce: Uint8Array;
  readonly nowMs: number;
  /** Devices, which are in no roster, may connect. */
  readonly devices: boolean;
}

export function authenticate(answer: Authenticate, options: AuthenticationOptions): Peer | AuthenticationFailure {
  const { partyId, instanceId, signature } = answer;
  if (!isPartyId(partyId) || !isInstanceId(instanceId) || signature.length !== 64) return "malformed";
  const idpk = identityKeyOf(answer, options);
  if (idpk === undefined) return "unknown-party";
  const body = routerAuthBytes(options.nonce, options.routerId, partyId, instanceId);
  return verifySignature(signatureTags.routerAuth, body, signature, idpk) ? { partyId, instanceId, idpk } : "bad-signature";
}

/**
 * Says whether the stream of this peer may stand by this roster: a party that was removed, that has
 * expired, or that has another identity key now has to go. A device is in no roster.
 */
export function isStillPeer(roster: Roster, { partyId, idpk }: Peer, nowMs: number): boolean {
  return isDeviceId(partyId) || isStillHolder(roster, { partyId, idpk, role: "" }, nowMs);
}

export function isInstanceId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text);
}

function identityKeyOf(answer: Authenticate, options: AuthenticationOptions): Uint8Array | undefined {
  if (isDeviceId(answer.partyId) && !options.devices) return undefined;
  if (isDeviceId(answer.partyId)) return answer.idpk.length === 32 && deviceIdOf(answer.idpk) === answer.partyId ? answer.idpk : undefined;
  return rosterParty(options.roster, answer.partyId, options.nowMs)?.idpk;
}
