// Who is at the other end of a stream: the roster's key for a party, or a device's own key behind its id (rules RT1 to RT3).
import { deviceIdOf, isDeviceId, rosterParty, verifySignature } from "@covault/trust";
import { type Authenticate, isPartyId, type Roster, routerAuthBytes, signatureTags } from "@covault/wire";

export interface Peer {
  readonly partyId: string;
  readonly instanceId: string;
}
/** For the metrics alone: the peer gets one and the same refusal. */
export type AuthenticationFailure = "malformed" | "unknown-party" | "bad-signature";

export interface AuthenticationContext {
  readonly roster: Roster;
  readonly routerId: string;
  /** Of this stream's challenge, 32 bytes. */
  readonly nonce: Uint8Array;
  readonly nowMs: number;
  /** Whether devices, which are in no roster, may connect. */
  readonly devices: boolean;
}

export function authenticate(answer: Authenticate, context: AuthenticationContext): Peer | AuthenticationFailure {
  const { partyId, instanceId, signature } = answer;
  if (!isPartyId(partyId) || !isInstanceId(instanceId) || signature.length !== 64) return "malformed";
  const idpk = identityKeyOf(answer, context);
  if (idpk === undefined) return "unknown-party";
  const body = routerAuthBytes(context.nonce, context.routerId, partyId, instanceId);
  return verifySignature(signatureTags.routerAuth, body, signature, idpk) ? { partyId, instanceId } : "bad-signature";
}

export function isInstanceId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text);
}

function identityKeyOf(answer: Authenticate, context: AuthenticationContext): Uint8Array | undefined {
  if (isDeviceId(answer.partyId) && !context.devices) return undefined;
  if (isDeviceId(answer.partyId)) return answer.idpk.length === 32 && deviceIdOf(answer.idpk) === answer.partyId ? answer.idpk : undefined;
  return rosterParty(context.roster, answer.partyId, context.nowMs)?.idpk;
}
