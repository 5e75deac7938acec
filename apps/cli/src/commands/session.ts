// The commands covault session show | abort <id>. They show the status and the history of a
// session, and end one that waits in vain.
import type { Session } from "@covault/sdk";
import { Command } from "commander";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Column, type Fact, facts, table } from "../layout.ts";
import type { Look } from "../terminal.ts";

/** Says which party did it, in which round, and why, from the fields that an event may have. */
function detailOf(session: Session, data: unknown): string {
  const { party_id, round, code, message, parties, silent, culprits, members, missing, disputes } = (data ?? {}) as Record<string, unknown>;
  const names = (list: unknown): string => (Array.isArray(list) ? list.map((one) => nameOf(session, one)).join(", ") : "");
  const part = (label: string, text: string): readonly string[] => (text === "" ? [] : [label + text]);
  return [
    ...part("", typeof party_id === "string" ? party_id : names(members)),
    ...part("round ", typeof round === "number" ? String(round) : ""),
    ...part("silent: ", names(silent)),
    ...part("disputes: ", Array.isArray(disputes) ? disputes.map((pair: unknown) => names(pair).replace(", ", " and ")).join(", ") : ""),
    ...part("waits for: ", names(missing)),
    ...part("culprits: ", names(culprits)),
    ...part("parties: ", names(parties)),
    ...part("", typeof code === "string" ? (typeof message === "string" ? `${message} (${code})` : code) : ""),
  ].join("; ");
}

/** Gives the name of a party from its id, its seat or its share index. */
function nameOf({ parties }: Session, one: unknown): string {
  if (typeof one === "number") return parties.find(({ share_index }) => share_index === one)?.party_id ?? `share ${one}`;
  return typeof one === "object" && one !== null && "party_id" in one ? String(one.party_id) : String(one);
}

/** The pairs that have to be made anew before it can go on. */
const pairNames = (session: Session): string =>
  session.needs_pairs.map((pair) => pair.map((index) => nameOf(session, index)).join(" and ")).join(", ");

const eventColumns: readonly Column[] = [
  { name: "seq" },
  { name: "at", paint: (text, palette) => palette.dim(text) },
  { name: "event" },
  { name: "who and why", fit: "wrap" },
];

function describeSession(session: Session, look: Look): string {
  const { result, error } = session;
  const rows: Fact[] = [
    ["session", session.session_id],
    ["account", session.account_id],
    ["kind", session.kind],
    ["status", session.status],
    ["threshold", `${session.threshold_t} of ${session.threshold_n}`],
    ["attempt", String(session.attempt)],
    ...(session.awaited.length === 0 ? [] : [["waits for", session.awaited.join(", ")] as const]),
    ...(session.needs_pairs.length === 0 ? [] : [["needs pairs", pairNames(session)] as const]),
    ["parties", session.parties.map(({ party_id, state }) => `${party_id} (${state})`).join(", ")],
    ["created", session.created_at],
    ["expires", session.expires_at],
    ...(result?.public_key === undefined ? [] : [["public key", result.public_key] as const]),
    ...(result?.digest === undefined ? [] : [["digest", result.digest] as const]),
    ...(result?.signature === undefined ? [] : [["signature", result.signature.hex] as const]),
    ...(error === null ? [] : [["failed", `${error.message} (${error.code})`] as const]),
  ];
  const events = session.events.map(({ seq, at, type, data }) => [String(seq), at, type, detailOf(session, data)]);
  return facts(rows, look) + (events.length === 0 ? "" : `\n${table(eventColumns, events, look)}`);
}

export function sessionCommand({ terminal, look, options, during, show }: CommandContext): Command {
  const session = new Command("session").description("look at a keygen, a signature or a refresh, or end one");
  session
    .command("show")
    .description("status, parties, result and events")
    .argument("<session>", "its id, ses_…")
    .action(async (id: string) => {
      const found = await during("Asking for the session", connect(options(), terminal).getSession(id));
      show(found, describeSession(found, look));
    });
  session
    .command("abort")
    .description("make no further attempt, for example while it waits for a party that never comes back")
    .argument("<session>", "its id, ses_…")
    .action(async (id: string) => {
      const ended = await during("Ending the session", connect(options(), terminal).sessions.abort(id));
      show(ended, describeSession(ended, look));
    });
  return session;
}
