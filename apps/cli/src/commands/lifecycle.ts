// The commands covault refresh | reshare | recover | renew | repair. Each begins sessions and
// follows them to their end. What they wait for is said on standard error meanwhile.
import { CovaultApiError, type CovaultClient, type ReshareRequest, type Session } from "@covault/sdk";
import { Command, InvalidArgumentError } from "commander";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";
import { type Fact, facts } from "../layout.ts";
import type { Look } from "../terminal.ts";
import { wholeNumber } from "./whole-number.ts";

interface Following {
  readonly key?: string;
  /** False with --no-wait. */
  readonly wait: boolean;
}

function describe({ session_id, kind, status, result, threshold_t, threshold_n, parties, awaited }: Session, look: Look): string {
  const rows: Fact[] = [
    ["session", session_id],
    ["kind", kind],
    ["status", status],
    ...(result?.key_id === undefined ? [] : [["key", `${result.key_id} (${result.scheme ?? ""})`] as const]),
    ...(result?.epoch === undefined ? [] : [["epoch", String(result.epoch)] as const]),
    ...(result?.renewed === undefined ? [] : [["pair", `${result.renewed.join(" and ")}, generation ${result.generation}`] as const]),
    ...(result?.repaired === undefined ? [] : [["repaired", result.repaired] as const]),
    ["threshold", `${threshold_t} of ${threshold_n}`],
    ["parties", parties.map(({ party_id }) => party_id).join(", ")],
    ...(awaited.length === 0 ? [] : [["waits for", awaited.join(", ")] as const]),
  ];
  return facts(rows, look);
}

/** Says how far a session is. */
function progressOf({ session_id, kind, status, attempt, awaited }: Session): string {
  const waits = awaited.length === 0 ? "" : `, waits for ${awaited.join(", ")}`;
  const doubt = status === "staged" ? " (a further one passes it by)" : "";
  return `${kind} ${session_id}: ${status}${doubt}${status === "running" ? `, attempt ${attempt}` : ""}${waits}\n`;
}

/** Follows a session to its end. Throws when it has failed. */
export async function followed(client: CovaultClient, begun: Session, { terminal }: CommandContext): Promise<Session> {
  const ended = await client.sessions.wait(begun.session_id, { onProgress: (session) => terminal.err(progressOf(session)) });
  if (ended.status !== "failed") return ended;
  const { code, message } = ended.error ?? { code: "account/session-failed", message: "The session failed." };
  throw new CovaultApiError(
    502,
    code,
    message,
    `covault session show ${ended.session_id} says what happened. The key is in the epoch that it was in.`,
  );
}

/**
 * Begins one session after the other, and follows each. A key is named, or all of the account's
 * are meant.
 */
async function run(
  context: CommandContext,
  accountId: string,
  { key, wait }: Following,
  begin: (client: CovaultClient, key: string) => Promise<Session>,
  /**
   * The refusal of a key that need nothing, which is passed over unless it is that of every key.
   */
  needless?: string,
): Promise<void> {
  const { terminal, look, options, show } = context;
  const client = connect(options(), terminal);
  const keys = key === undefined ? (await client.listKeys(accountId)).keys.map(({ key_id }) => key_id) : [key];
  const sessions: Session[] = [];
  let refusal: unknown;
  for (const one of keys) {
    const begun = await begin(client, one).catch((error: unknown) => {
      if (!(error instanceof CovaultApiError) || error.code !== needless) throw error;
      refusal = error;
      return undefined;
    });
    if (begun !== undefined) sessions.push(wait ? await followed(client, begun, context) : begun);
  }
  if (sessions.length === 0) throw refusal;
  show(sessions.length === 1 ? sessions[0] : sessions, sessions.map((session) => describe(session, look)).join("\n"));
}

const keyOption = ["--key <key>", "one key, by its scheme or key id (default each of the account's)"] as const;
const waitOption = ["--no-wait", "print the session as soon as it is open"] as const;

export function refreshCommand(context: CommandContext): Command {
  return new Command("refresh")
    .description("make the shares of an account's keys anew, for the same holders")
    .argument("<account>", "the account's id, acc_…")
    .option(...keyOption)
    .option(...waitOption)
    .action((id: string, given: Following) => run(context, id, given, (client, key) => client.refresh(id, { key })));
}

interface ReshareOptions extends Following {
  readonly threshold?: number;
  readonly holders?: number;
  readonly party?: readonly string[];
  readonly leaveOut?: readonly string[];
  readonly force?: string;
}

const collected = (one: string, before: readonly string[] = []): readonly string[] => [...before, one];

export function reshareCommand(context: CommandContext): Command {
  return new Command("reshare")
    .description("give an account's keys other holders, or another threshold")
    .argument("<account>", "the account's id, acc_…")
    .option("-t, --threshold <t>", "how many parties sign afterwards (default as now)", wholeNumber)
    .option("-n, --holders <n>", "how many parties hold a share afterwards", wholeNumber)
    .option("--party <party>", "a holder afterwards; once for each of them", collected)
    .option("--leave-out <party>", "a holder that has no share afterwards; once for each", collected)
    .option("--force <t-of-n>", "go on though no holder can be spared afterwards, e.g. 2-of-2")
    .option(...keyOption)
    .option(...waitOption)
    .action((id: string, given: ReshareOptions) => {
      const { threshold, holders, party, leaveOut, force } = given;
      const wanted: Omit<ReshareRequest, "key"> = {
        ...(threshold !== undefined && { threshold_t: threshold }),
        ...(holders !== undefined && { threshold_n: holders }),
        ...(party !== undefined && { parties: [...party] }),
        ...(leaveOut !== undefined && { leave_out: [...leaveOut] }),
        ...(force !== undefined && { force }),
      };
      return run(context, id, given, (client, key) => client.reshare(id, { ...wanted, key }));
    });
}

/** A pair is of one key, the one whose scheme has pairs. So no key need be named. */
export function renewCommand(context: CommandContext): Command {
  const ends = (text: string): string[] => {
    const parties = text.split(",").map((one) => one.trim());
    if (parties.length !== 2) throw new InvalidArgumentError("Name two parties with a comma between them.");
    return parties;
  };
  return new Command("renew")
    .description("make the pair of two holders anew, without the others")
    .argument("<account>", "the account's id, acc_…")
    .requiredOption("--parties <a,b>", "the two holders, for example server-party-1,server-party-2", ends)
    .option("--key <key>", "the key, by its scheme or key id (default the one that has pairs)")
    .option(...waitOption)
    .action(async (id: string, given: Following & { readonly parties: string[] }) => {
      const { terminal, look, options, show } = context;
      const client = connect(options(), terminal);
      const { parties, key, wait } = given;
      const begun = await client.renew(id, { parties, ...(key !== undefined && { key }) });
      const session = wait ? await followed(client, begun, context) : begun;
      show(session, describe(session, look));
    });
}

export function repairCommand(context: CommandContext): Command {
  return new Command("repair")
    .description("give a holder its lost shares back; a share that may be stolen is recovered instead")
    .argument("<account>", "the account's id, acc_…")
    .requiredOption("--party <party>", "the holder that has lost its shares, for example server-party-2")
    .option(...keyOption)
    .option(...waitOption)
    .action((id: string, given: Following & { readonly party: string }) =>
      run(context, id, given, (client, key) => client.repair(id, { party_id: given.party, key }), "account/share-held"),
    );
}

export function recoverCommand(context: CommandContext): Command {
  return new Command("recover")
    .description("make the lost shares of one holder anew")
    .argument("<account>", "the account's id, acc_…")
    .argument("<party>", "the holder whose share is lost, for example server-party-2")
    .option("--identity <hex>", "the identity key that the roster has for it, to be compared")
    .option(...keyOption)
    .option(...waitOption)
    .action((id: string, partyId: string, given: Following & { readonly identity?: string }) => {
      const identity = given.identity === undefined ? {} : { replacement_identity: given.identity };
      return run(context, id, given, (client, key) => client.recover(id, { party_id: partyId, ...identity, key }));
    });
}
