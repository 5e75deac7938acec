// The names of the points at which a process writes or sends: stable, and the same in every run. What a session is for is learned from the intents
// that pass through the process, as its messages do not repeat it.
import { fromBinary } from "@bufbuild/protobuf";
import { decodeHeader, EnvelopeSchema, FrameSchema, IntentSchema, RoutedMessageSchema, SignedSchema } from "@covault/wire";

const kinds = new Map();
const protocols = new Map([
  [1, "keygen"],
  [16, "sign"],
]);

/** keygen or sign; "session" when its intent never came this way. */
export const kindOf = (sessionId) => kinds.get(sessionId) ?? "session";

export function learnKind(sessionId, kind) {
  kinds.set(sessionId, kind);
}

/** @param {import("@covault/wire").Signed} signed */
function learnIntent(signed) {
  const { sessionId, action } = fromBinary(IntentSchema, signed.body);
  learnKind(sessionId, action.case);
  return action.case;
}

/** The body of POST /api/v1/sessions at the coordinator. */
export function learnRequest(text) {
  learnIntent(fromBinary(SignedSchema, Buffer.from(JSON.parse(text).intent, "base64")));
}

/** " keygen", " sign" or " session" of a text that names a session; nothing of another. */
export function kindOfText(text) {
  const sessionId = /ses_[0-9a-z]+/.exec(text)?.[0];
  return sessionId === undefined ? "" : ` ${kindOf(sessionId)}`;
}

/** An encoded Envelope: what it says, of which protocol, and its round where one is named. */
export function envelopeName(bytes) {
  const { body } = fromBinary(EnvelopeSchema, bytes);
  const { value } = body;
  switch (body.case) {
    case "invite":
      return `invite ${learnIntent(value.intent)}`;
    case "round": {
      const header = decodeHeader(value.header);
      return `round ${protocols.get(header.protocol) ?? header.protocol} ${header.round}`;
    }
    case "roundRequest":
      return "roundRequest";
    case "progress":
      return `progress ${kindOf(value.sessionId)} ${value.round}`;
    case "join":
    case "start":
    case "decline":
    case "cancel":
    case "aborted":
      return `${body.case} ${kindOf(value.sessionId)}`;
    default:
      return body.case;
  }
}

/** A RoutedMessage in the broker. Rounds have no number here: routers and coordinators treat all of them alike. */
export function routedName(bytes) {
  const { to, payload } = fromBinary(RoutedMessageSchema, bytes);
  return `${withoutRound(envelopeName(payload))} to ${to.partyId === "coordinator" ? "coordinator" : "party"}`;
}

const withoutRound = (name) => name.replace(/ \d+$/, "");

/** By stream, the name of what a later answer speaks of: deliveries by seq, sends by message id. */
const answered = new WeakMap();
function remember(socket, key, name) {
  const names = answered.get(socket) ?? new Map();
  answered.set(socket, names.set(key, name));
}

/** A frame that arrived. */
export function learnFrame(socket, bytes) {
  const { body } = fromBinary(FrameSchema, bytes);
  if (body.case === "deliver") remember(socket, body.value.seq, envelopeName(body.value.payload));
  if (body.case === "send") remember(socket, body.value.messageId, withoutRound(envelopeName(body.value.payload)));
}

/** A frame that is about to leave. */
export function frameName(socket, bytes) {
  const { body } = fromBinary(FrameSchema, bytes);
  switch (body.case) {
    case "send":
      return `send ${envelopeName(body.value.payload)}`;
    case "deliver":
      return `deliver ${withoutRound(envelopeName(body.value.payload))}`;
    case "received":
      return `received ${answered.get(socket)?.get(body.value.seq)}`;
    case "accepted":
    case "rejected":
      return `${body.case} ${answered.get(socket)?.get(body.value.messageId)}`;
    default:
      return body.case;
  }
}

/** A request's method and route, ids left out. */
export function routeName(method, url) {
  const path = url.split("?", 1)[0].replace(/\/(acc|ses)_[0-9a-z]+/g, "/{id}");
  return `${method} ${path}`;
}
