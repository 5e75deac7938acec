// covault session show <id>: status and history.
import type { Session } from "@covault/sdk";
import { Command } from "commander";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Fact, facts, table } from "../terminal.ts";

function describeSession(session: Session): string {
  const { result, error } = session;
  const rows: Fact[] = [
    ["session", session.session_id],
    ["account", session.account_id],
    ["kind", session.kind],
    ["status", session.status],
    ["threshold", `${session.threshold_t} of ${session.threshold_n}`],
    ["attempt", String(session.attempt)],
    ["parties", session.parties.map(({ party_id, state }) => `${party_id} (${state})`).join(", ")],
    ["created", session.created_at],
    ["expires", session.expires_at],
    ...(result?.public_key === undefined ? [] : [["public key", result.public_key] as const]),
    ...(result?.message === undefined ? [] : [["message", result.message] as const]),
    ...(result?.signature === undefined ? [] : [["signature", result.signature.hex] as const]),
    ...(error === null ? [] : [["failed", `${error.message} (${error.code})`] as const]),
  ];
  const events = session.events.map(({ seq, at, type }) => [String(seq), at, type]);
  return facts(rows) + (events.length === 0 ? "" : `\n${table(["seq", "at", "event"], events)}`);
}

export function sessionCommand({ terminal, options, show }: CommandContext): Command {
  const session = new Command("session").description("look at a keygen or a signature");
  session
    .command("show")
    .description("status, parties, result and events")
    .argument("<session>", "its id, ses_…")
    .action(async (id: string) => {
      const found = await connect(options(), terminal).getSession(id);
      show(found, describeSession(found));
    });
  return session;
}
