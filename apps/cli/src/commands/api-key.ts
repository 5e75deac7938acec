// The commands covault api-key create | list | revoke. They manage the keys of further callers and
// tenants, on the account database.
import type { ApiKey } from "@covault/server";
import { Command, InvalidArgumentError } from "commander";
import type { CommandContext } from "../context.ts";
import { type Column, facts, table } from "../layout.ts";

function label(text: string): string {
  if (!/^[^\p{Cc}\p{Cs}]{1,100}$/u.test(text)) throw new InvalidArgumentError("expected 1 to 100 characters on one line");
  return text;
}
function tenant(text: string): string {
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(text)) throw new InvalidArgumentError("expected lower case letters, digits, - and _");
  return text;
}
function future(text: string): Date {
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (!(at.getTime() > Date.now())) throw new InvalidArgumentError("expected a day or time to come, for example 2027-01-01");
  return at;
}

const listColumns: readonly Column[] = [
  { name: "id" },
  { name: "tenant", fit: "end" },
  { name: "label", fit: "end" },
  { name: "status", paint: (text, palette) => (text === "active" ? palette.green(text) : palette.red(text)) },
  { name: "expires" },
];

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
/** Gives a time to the minute, as 2027-01-01T00:00Z, because a table has no room for more. */
const minute = (at: Date | null): string | undefined => iso(at)?.replace(/:\d\d\.\d{3}Z$/, "Z");
const opening = "Opening the account database";
const jsonOf = ({ id, tenantId, label, status, createdAt, expiresAt, revokedAt }: ApiKey) => ({
  ...{ id, tenant_id: tenantId, label, status },
  ...{ created_at: iso(createdAt), expires_at: iso(expiresAt), revoked_at: iso(revokedAt) },
});

interface CreateOptions {
  readonly tenant: string;
  readonly newTenant?: boolean;
  readonly expires?: Date;
  readonly config?: string;
}

export function apiKeyCommand({ terminal, look, during, show }: CommandContext): Command {
  const settings = (config: string | undefined) => ({ env: terminal.env, ...(config === undefined ? {} : { configFile: config }) });
  const configFile = ["--config <file>", "YAML file with the account service's settings; the environment wins over it"] as const;

  const apiKey = new Command("api-key").description("API keys of callers and tenants, in the account database (docs/operations.md)");
  apiKey
    .command("create")
    .description("make an API key; it is shown this once")
    .argument("<label>", "what it is for, for example billing", label)
    .option("--tenant <tenant>", "for whom it speaks", tenant, "default")
    .option("--new-tenant", "make the tenant, too")
    .option("--expires <time>", "when it ends, for example 2027-01-01 (UTC); without it, never", future)
    .option(...configFile)
    .action(async (name: string, { tenant: tenantId, newTenant = false, expires = undefined, config }: CreateOptions) => {
      const { withApiKeys } = await import("@covault/server");
      const request = { tenantId, label: name, newTenant, expiresAt: expires ?? null };
      const { key, secret } = await during(
        opening,
        withApiKeys(settings(config), (keys) => keys.create(request)),
      );
      show(
        { ...jsonOf(key), api_key: secret },
        facts(
          [
            ["API key", secret],
            ["", "shown this once: only its hash is stored"],
            ["id", key.id],
            ["tenant", key.tenantId],
            ["label", key.label],
            ["expires", iso(key.expiresAt) ?? "never"],
          ],
          look,
        ),
      );
    });
  apiKey
    .command("list")
    .description("all API keys but MPC_API_KEY, oldest first")
    .option(...configFile)
    .action(async ({ config }: { config?: string }) => {
      const { withApiKeys } = await import("@covault/server");
      const found = await during(
        opening,
        withApiKeys(settings(config), (keys) => keys.list()),
      );
      const rows = found.map((key) => [key.id, key.tenantId, key.label, key.status, minute(key.expiresAt) ?? "never"]);
      show({ api_keys: found.map(jsonOf) }, found.length === 0 ? "No API keys.\n" : table(listColumns, rows, look));
    });
  apiKey
    .command("revoke")
    .description("refuse an API key from now on")
    .argument("<id>", "its id, key_…")
    .option(...configFile)
    .action(async (id: string, { config }: { config?: string }) => {
      const { withApiKeys } = await import("@covault/server");
      const key = await during(
        opening,
        withApiKeys(settings(config), (keys) => keys.revoke(id)),
      );
      show(jsonOf(key), `${key.id} (${key.label}) is revoked since ${iso(key.revokedAt)}.\n`);
    });
  return apiKey;
}
