// The name of a statement that writes, undefined for one that reads: what it does, to which table, and for a session's events which.
import { kindOf, learnKind } from "./names.js";

/** The events that lead, the furthest first: an append is named by the furthest one in it. */
const furthest = ["Completed", "Committed", "SessionFailed", "AttemptFailed", "AttemptReady", "AttemptStarted", "SessionOpened"];
/** What changes nothing, by the first word. All else has a name. */
const reads = new Set(["select", "begin", "start", "commit", "rollback", "savepoint", "release", "set", "show"]);
/** Columns are named where they tell statements on one table apart, and no longer list than this. */
const columnsMax = 3;

export function statementName(text, values) {
  if (text.includes("jsonb_to_recordset")) return appendName(values);
  // What is changed together with its entry in the event log.
  if (/^\s*with /i.test(text)) {
    const changes = text.match(/(?:insert into|update|delete from) "(?:(?!insert into|update "|delete from).)+/gis) ?? [];
    return changes.map((change) => statementName(change, values)).join(" and ");
  }
  const [, verb, schema, table] = /^\s*(insert into|update|delete from) (?:"([^"]+)"\.)?"([^"]+)"/i.exec(text) ?? [];
  if (verb === undefined) {
    const words = text.trim().split(/\s+/, 3);
    return reads.has(words[0].toLowerCase()) ? undefined : words.join(" ").toLowerCase();
  }
  const action = verb.split(" ", 1)[0].toLowerCase();
  const name = `${action} ${(schema ?? "").startsWith("party_") ? "party" : schema}.${table}`;
  if (action === "insert") {
    const route = values?.find((value) => typeof value === "string" && value.startsWith("POST "));
    return route === undefined ? name : `${name} ${route}`;
  }
  if (action === "delete") return name;
  const columns = [...text.split(" where ", 1)[0].matchAll(/"([a-z_]+)" = /g)].map(([, column]) => column);
  if (columns[0] === "round") return `${name} round ${values[0]}`;
  return columns.length > columnsMax ? name : `${name} (${columns.join(", ")})`;
}

/** services/coordinator/src/store/event-store.ts: the session's row and its events in one statement. */
function appendName(values) {
  const events = JSON.parse(values.find((value) => typeof value === "string" && value.startsWith("[{")));
  const opened = events.find((event) => event.type === "SessionOpened");
  const sessionId = values.find((value) => typeof value === "string" && value.startsWith("ses_"));
  if (opened !== undefined) learnKind(sessionId, opened.data.plan.kind);
  const leading = furthest.find((type) => events.some((event) => event.type === type));
  const last = events.at(-1);
  const name = leading ?? (last.data.round === undefined ? last.type : `${last.type} ${last.data.round}`);
  return `append ${kindOf(sessionId)} ${name}`;
}

/** What a read tells of sessions: the events of one, the first of which names its kind. */
export function learnRows(rows) {
  const opened = Array.isArray(rows) ? rows.find((row) => row.type === "SessionOpened") : undefined;
  if (opened?.data?.plan !== undefined) learnKind(opened.data.plan.sessionId, opened.data.plan.kind);
}
