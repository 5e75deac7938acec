// What tells two calls of one method apart: of which kind of session, which event, which round. It
// is stable, and the same in every run. What a session is for is learned from the intents that pass
// through the process, as its messages do not repeat it.
import { fromBinary } from "@bufbuild/protobuf";
import { decodeHeader, EnvelopeSchema, IntentSchema, RoutedMessageSchema, SignedSchema } from "@covault/wire";

const kinds = new Map();
const protocols = new Map([
  [1, "keygen"],
  [2, "refresh"],
  [3, "reshare"],
  [4, "import"],
  [5, "recover"],
  [6, "renew"],
  [7, "repair"],
  [16, "sign"],
]);

/** keygen, sign or what continues a key; "session" when its intent never came this way. */
const kindOf = (sessionId) => kinds.get(sessionId) ?? "session";

function learnKind(sessionId, kind) {
  kinds.set(sessionId, kind);
  return kind;
}

/** @param {import("@covault/wire").Signed} signed */
function learnIntent(signed) {
  const { sessionId, action } = fromBinary(IntentSchema, signed.body);
  return learnKind(sessionId, action.case === "refresh" ? action.value.kind : action.case);
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

const withoutRound = (name) => name.replace(/ \d+$/, "");

/** A RoutedMessage in the broker. Rounds have no number here: routers treat all of them alike. */
export function routedName(bytes) {
  const { to, payload } = fromBinary(RoutedMessageSchema, bytes);
  return `${withoutRound(envelopeName(payload))} to ${to.partyId === "coordinator" ? "coordinator" : "party"}`;
}

/** By the id that a party gave it, the name of a message that a router has published. */
const published = new Map();

function publishedName(_queue, body, { messageId = "" } = {}) {
  const name = routedName(body);
  published.set(messageId.split("/").at(-1), name.replace(/ to \w+$/, ""));
  return name;
}

/** The events that lead, the furthest first: an append is named by the furthest one in it. */
const furthest = [
  "Completed",
  "Committed",
  "SessionFailed",
  "AttemptFailed",
  "AttemptReady",
  "AttemptStarted",
  "SessionOpened",
  "PairsWanted",
];

function appendName({ events, state }) {
  const kind = learnKind(state.plan.sessionId, state.plan.kind);
  const leading = furthest.find((type) => events.some((event) => event.type === type));
  const last = events.at(-1);
  return `${kind} ${leading ?? (last.data.round === undefined ? last.type : `${last.type} ${last.data.round}`)}`;
}

/** The events of one session, the first of which says what it is for. */
export function learnEvents(events) {
  const opened = events.find(({ type }) => type === "SessionOpened");
  if (opened !== undefined) learnKind(opened.data.plan.sessionId, opened.data.plan.kind);
  return events;
}

/** What a session is for, and where it stands when it was waited for. */
function answerName({ method, url, routeOptions }, { statusCode }, payload) {
  const name = `${method} ${(routeOptions.url ?? "unknown").replaceAll(/:\w+/g, "{id}")} ${statusCode}`;
  if (process.argv[3] !== "coordinator" || !url.startsWith("/api/v1/sessions")) return name;
  const { session_id: sessionId, status } = JSON.parse(payload);
  return `${name} ${kindOf(sessionId)}${url.includes("wait_ms") ? ` ${status}` : ""}`;
}

/** Answers that are no steps: of an account service to reads, of health, and to a ping. */
export function noAnswers({ port, args: [request] }) {
  if (port !== "http") return false;
  const { method, url } = request;
  return !url.startsWith("/api/v1/") || (method === "GET" && process.argv[3] === "account") || url === "/api/v1/candidates?count=1";
}

const sessionName = ([{ row }, { status } = {}]) => [learnKind(row.session_id, row.kind), status].filter(Boolean).join(" ");

/** By port and method, of the arguments. */
const details = {
  "store.claims.take": ([row]) => row.route,
  "store.sessions.insert": ([session]) => sessionName([session]),
  "store.sessions.close": sessionName,
  "store.accounts.change": ([, change]) => change.status ?? Object.keys(change).join(),
  "coordinator.open": ([, intent]) => learnIntent(fromBinary(SignedSchema, intent)),
  "coordinator.session": ([sessionId]) => kindOf(sessionId),
  "coordinator.abandon": ([sessionId]) => kindOf(sessionId),
  "store.append": ([append]) => appendName(append),
  "store.saveRound": ([, , round]) => String(round),
  "broker.publish": (args) => publishedName(...args),
  "transport.send": ([, envelope]) => envelopeName(envelope),
  "stream.deliver": ([message]) => withoutRound(envelopeName(message.payload)),
  "stream.write": ([frame]) => [frame.case, published.get(frame.value.messageId)].filter(Boolean).join(" "),
  "http.answer": (args) => answerName(...args),
};

/** @param {import("@covault/service-kit/run").Step} step */
export const detailOf = ({ port, method, args }) => details[`${port}.${method}`]?.(args);
