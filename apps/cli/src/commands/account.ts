// The commands covault account create | list | show. The file account-keys.ts has keys | add-key |
// address.
import type { Account, CreateAccountRequest } from "@covault/sdk";
import { Command } from "commander";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Column, type Fact, facts, table } from "../layout.ts";
import type { Look } from "../terminal.ts";
import { addKeyCommand, addressCommand, addressFacts, keysOfAccountCommand } from "./account-keys.ts";
import { wholeNumber } from "./whole-number.ts";

const statusColours = { active: "green", creating: "yellow", failed: "red" } as const;

const listColumns: readonly Column[] = [
  { name: "account" },
  { name: "user", fit: "end" },
  { name: "status", paint: (text, palette) => palette[statusColours[text as Account["status"]] ?? "bold"](text) },
  { name: "t of n" },
  { name: "EVM address", fit: "middle" },
];

function describeAccount(account: Account, look: Look): string {
  const rows: Fact[] = [
    ["account", account.id],
    ["user", account.user_id],
    ...(account.name === null ? [] : [["name", account.name] as const]),
    ["status", account.status],
    ["threshold", `${account.threshold_t} of ${account.threshold_n}`],
    ...account.keys.map(({ scheme, public_key, epoch }) => {
      const made = epoch === 0 ? "" : `, epoch ${epoch}`;
      return ["public key", `${public_key} (${scheme}${made})`] as const;
    }),
    ...addressFacts(account.addresses),
    ["parties", account.parties.map(({ party_id }) => party_id).join(", ")],
    ["keygen", account.keygen_session_id],
    ["created", account.created_at],
    ...(account.error === null ? [] : [["failed", `${account.error.message} (${account.error.code})`] as const]),
  ];
  return facts(rows, look);
}

interface CreateOptions {
  readonly name?: string;
  readonly schemes?: string;
  readonly threshold?: number;
  readonly parties?: number;
  readonly idempotencyKey?: string;
}

export function accountCommand(context: CommandContext): Command {
  const { terminal, look, options, during, show } = context;
  const account = new Command("account").description("make and look at accounts");
  account
    .command("create")
    .description("make a key that never exists in one place; takes a few seconds")
    .argument("<user>", "your name for its owner, for example user123")
    .option("-n, --name <name>", "a name for the account")
    .option("-s, --schemes <schemes>", "a key of each, with commas between; docs/signing.md names them (default ECDSA alone)")
    .option("-t, --threshold <t>", "how many parties sign (default 2)", wholeNumber)
    .option("-p, --parties <n>", "how many parties hold a share (default 3)", wholeNumber)
    .option("--idempotency-key <key>", "the same key again answers with the same account")
    .action(async (user: string, { name, schemes, threshold, parties, idempotencyKey }: CreateOptions) => {
      const request = {
        user_id: user,
        ...(name !== undefined && { name }),
        // The service says which schemes there are.
        ...(schemes !== undefined && { schemes: schemes.split(",") as NonNullable<CreateAccountRequest["schemes"]> }),
        ...(threshold !== undefined && { threshold_t: threshold }),
        ...(parties !== undefined && { threshold_n: parties }),
      };
      const client = connect(options(), terminal);
      const creating = client.createAccount(request, idempotencyKey === undefined ? {} : { idempotencyKey });
      const created = await during(`Making a ${threshold ?? 2}-of-${parties ?? 3} key`, creating);
      show(created, describeAccount(created, look));
    });
  account
    .command("list")
    .description("accounts, oldest first")
    .option("-u, --user <user>", "only this owner's")
    .option("-l, --limit <count>", "at most so many, up to 100 (default 20)", wholeNumber)
    .option("--cursor <cursor>", "go on where a page ended")
    .action(async ({ user, limit, cursor }: { user?: string; limit?: number; cursor?: string }) => {
      const request = {
        ...(user !== undefined && { user_id: user }),
        ...(limit !== undefined && { limit }),
        ...(cursor !== undefined && { cursor }),
      };
      const page = await during("Asking for accounts", connect(options(), terminal).listAccounts(request));
      const rows = page.accounts.map((one) => [
        one.id,
        one.user_id,
        one.status,
        `${one.threshold_t} of ${one.threshold_n}`,
        one.addresses.evm ?? "",
      ]);
      const more = page.next_cursor === null ? "" : `More: --cursor ${page.next_cursor}\n`;
      const altered = page.altered.length === 0 ? "" : `Left out, because their stored rows were altered: ${page.altered.join(", ")}\n`;
      const listed = rows.length === 0 ? "No accounts.\n" : table(listColumns, rows, look);
      show(page, listed + altered + more);
    });
  account
    .command("show")
    .description("one account")
    .argument("<account>", "its id, acc_…")
    .action(async (id: string) => {
      const found = await during("Asking for the account", connect(options(), terminal).getAccount(id));
      show(found, describeAccount(found, look));
    });
  for (const command of [keysOfAccountCommand, addKeyCommand, addressCommand]) account.addCommand(command(context));
  return account;
}
