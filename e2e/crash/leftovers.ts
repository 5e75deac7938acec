// What a crash could leave behind in the databases: rows of work that nobody does any more.
import { databaseUrl } from "../../apps/server/src/cluster/servers.ts";
import { openDatabase } from "../../packages/service-kit/src/sql/database.ts";

const queries: readonly (readonly [database: RegExp, what: string, sql: string])[] = [
  [/account$/, "accounts that are creating", `SELECT account_id FROM account.accounts WHERE status = 'creating'`],
  [
    /account$/,
    "abandonments on their way",
    `SELECT session_id FROM account.sessions WHERE abandonment IS NOT NULL AND NOT abandonment_delivered`,
  ],
  [/account$/, "open sessions of the account service", `SELECT session_id FROM account.sessions WHERE status = 'open'`],
  [
    /account$/,
    "claimed idempotency keys without a resource",
    `SELECT key FROM account.idempotency WHERE session_id NOT IN (SELECT session_id FROM account.sessions)`,
  ],
  [
    /account$/,
    "signatures that no request has for its result",
    `SELECT session_id FROM account.sessions WHERE kind = 'sign' AND status = 'completed' AND session_id NOT IN (SELECT session_id FROM account.idempotency)`,
  ],
  [
    /account$/,
    "accounts that no request has for its result",
    `SELECT account_id FROM account.accounts WHERE status = 'active' AND keygen_session_id NOT IN (SELECT session_id FROM account.idempotency)`,
  ],
  [/coordinator$/, "sessions under way", `SELECT session_id FROM coordinator.sessions WHERE status NOT IN ('completed', 'failed')`],
  [
    /coordinator$/,
    "sessions that are over and due",
    `SELECT session_id FROM coordinator.sessions WHERE due_at_ms IS NOT NULL AND status IN ('completed', 'failed')`,
  ],
  [/party_\d$/, "staged shares", "SELECT session_id FROM $.shares WHERE status = 'staged'"],
  [/party_\d$/, "staged pairs", "SELECT session_id FROM $.generations WHERE status = 'staged'"],
  [/party_\d$/, "sessions of stored protocols that run", "SELECT session_id FROM $.sessions WHERE status <> 'over'"],
  [/party_\d$/, "outboxes", "SELECT rid FROM $.outbox"],
  [
    /party_\d$/,
    "OT state without its share",
    "SELECT key_id FROM $.pairs WHERE (key_id, epoch) NOT IN (SELECT key_id, epoch FROM $.shares)",
  ],
  [
    /party_\d$/,
    "OT state of a generation that was replaced",
    `SELECT key_id FROM $.pairs AS old WHERE EXISTS (SELECT FROM $.generations AS new
      WHERE (new.key_id, new.epoch, new.partner) = (old.key_id, old.epoch, old.partner) AND new.generation > old.generation)`,
  ],
];

/** By database and kind, how many there are; nothing where there are none. */
export async function leftovers(postgres: string, prefix: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const name of ["account", "coordinator", "server_party_1", "server_party_2", "server_party_3"]) {
    const database = await openDatabase({ kind: "postgres", url: databaseUrl(postgres, `${prefix}_${name}`), poolMax: 1 });
    try {
      for (const [, what, sql] of queries.filter(([where]) => where.test(name))) {
        const { rowCount } = await database.pool.query(sql.replaceAll("$", `party_${name}`));
        if (rowCount !== null && rowCount > 0) found[`${name}: ${what}`] = rowCount;
      }
    } finally {
      await database.close();
    }
  }
  return found;
}
