// The join token is for one party, one attempt and a short time. It is a signed JWT (HS256, RFC
// 7519), which any coordinator can verify. It proves that this coordinator invited the party. The
// signature of the join proves which party answers.
import { skewMs } from "@covault/trust";
import { jwtVerify, SignJWT } from "jose";
import { isDevice } from "./session/plan.ts";

const audience = "covault/join";
const algorithm = "HS256";

const lifeMsMax = 120_000;

/**
 * How long a token lasts when its intent lasts `intentMs` more. A device's token lasts as long as
 * the intent, because its person may take it up at any time.
 */
export function tokenLifeMs(partyId: string, intentMs: number): number {
  const lifeMs = Math.max(1_000, intentMs);
  return isDevice(partyId) ? lifeMs : Math.min(lifeMs, lifeMsMax);
}

interface Invitation {
  readonly sessionId: string;
  readonly partyId: string;
  readonly attempt: number;
  /** The routing id of the attempt, hex. */
  readonly rid: string;
}

export interface JoinTokens {
  issue(invitation: Invitation, ttlMs: number): Promise<string>;
  /** Says whether the token is for this invitation and has not expired. Never throws. */
  verify(token: string, invitation: Invitation): Promise<boolean>;
}

/** `secretKey` has 32 characters or more, and is the same for all coordinators. */
export function joinTokens(secretKey: string, nowMs: () => number): JoinTokens {
  const secret = new TextEncoder().encode(secretKey);
  return {
    issue({ sessionId, partyId, attempt, rid }, ttlMs) {
      const issuedAt = Math.floor(nowMs() / 1000);
      return new SignJWT({ sid: sessionId, attempt, rid })
        .setProtectedHeader({ alg: algorithm, typ: "JWT" })
        .setAudience(audience)
        .setSubject(partyId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + Math.ceil(ttlMs / 1000))
        .sign(secret);
    },
    async verify(token, { sessionId, partyId, attempt, rid }) {
      try {
        const { payload } = await jwtVerify(token, secret, {
          algorithms: [algorithm],
          audience,
          subject: partyId,
          requiredClaims: ["exp"],
          currentDate: new Date(nowMs()),
          clockTolerance: skewMs / 1_000,
        });
        return payload.sid === sessionId && payload.attempt === attempt && payload.rid === rid;
      } catch {
        return false;
      }
    },
  };
}
