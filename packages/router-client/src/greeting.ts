// What a router says before a stream stands: one challenge, which is answered, and then a Welcome
// whose bounds are sound. Anything else is a fault, and the stream is given up.
import type { IdentityKey } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import { type Challenge, type Frame, routerAuthBytes, signatureTags, type Welcome, welcomeFault } from "@covault/wire";
import { encodeFrame } from "./frames.ts";

export interface Greeter {
  readonly partyId: string;
  readonly instanceId: string;
  readonly identity: IdentityKey;
}

export type Greeted =
  | { readonly kind: "answer"; readonly frame: Uint8Array }
  | { readonly kind: "welcome"; readonly welcome: Welcome }
  | { readonly kind: "fault"; readonly error: CovaultError };

/** Takes the frames of one new stream, in their order. */
export function makeGreeting(greeter: Greeter): (frame: Frame["body"] | undefined) => Greeted {
  let isAnswered = false;
  return (frame) => {
    if (frame?.case === "challenge" && !isAnswered) {
      isAnswered = true;
      return answer(greeter, frame.value);
    }
    if (frame?.case === "welcome" && isAnswered) return welcomed(frame.value);
    return outOfOrder(frame);
  };
}

export function outOfOrder(frame: Frame["body"] | undefined): Extract<Greeted, { kind: "fault" }> {
  const kind = frame?.case ?? "malformed";
  return fault(new CovaultError("router/bad-frame", `The router sent a frame out of order: ${kind}.`, { facts: { frame: kind } }));
}

const fault = (error: CovaultError) => ({ kind: "fault", error }) as const;

function answer({ partyId, instanceId, identity }: Greeter, { nonce, routerId }: Challenge): Greeted {
  // Nothing but a fresh challenge of the expected form is ever signed.
  if (nonce.length !== 32 || routerId === "" || routerId.length > 128)
    return fault(new CovaultError("router/bad-frame", "The router's challenge is not 32 bytes with the router's name."));
  const signature = identity.sign(signatureTags.routerAuth, routerAuthBytes(nonce, routerId, partyId, instanceId));
  return { kind: "answer", frame: encodeFrame({ case: "authenticate", value: { partyId, instanceId, signature } }) };
}

function welcomed(welcome: Welcome): Greeted {
  const wrong = welcomeFault(welcome);
  if (wrong === undefined) return { kind: "welcome", welcome };
  return fault(new CovaultError("router/bad-welcome", `The router's Welcome is refused: ${wrong}`));
}
