// The commands covault audit export | verify. They print the event log, and say whether an export
// of it is as it was written. Verifying needs no service and no network.
import { CovaultError } from "@covault/errors";
import { readText } from "@covault/service-kit/settings";
import type { AuditFault, AuditReport } from "@covault/trust";
import { Command, InvalidArgumentError } from "commander";
import { connect } from "../connection.ts";
import type { CommandContext } from "../context.ts";

function time(text: string): string {
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError("expected a day or time, for example 2026-11-30 (UTC)");
  return at.toISOString();
}
function number(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError("expected the number of an entry, from 1");
  return Number(text);
}
function publicKeys(text: string, before: readonly Uint8Array[] = []): readonly Uint8Array[] {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new InvalidArgumentError("expected a public key of 64 hexadecimal characters");
  return [...before, new Uint8Array(Buffer.from(text, "hex"))];
}
const files = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

function linesOf(file: string): string[] {
  try {
    return readText(file).split("\n");
  } catch (cause) {
    if (cause instanceof CovaultError) throw cause;
    throw new CovaultError("cli/unreadable-file", `${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/**
 * Gives the last line of a file, which is a checkpoint: an export ends with one, and so does a file
 * that holds nothing else.
 */
const headOf = (file: string): string => linesOf(file).findLast((line) => line !== "") ?? "";

function sentence({ kind, seq, line }: AuditFault): string {
  const place = line === undefined ? "" : `, at line ${line}`;
  switch (kind) {
    case "removed":
      return `Entry ${seq} was removed${place}.`;
    case "changed":
      return `Entry ${seq} was changed${place}.`;
    case "moved":
      return `Entry ${seq} was moved${place}.`;
    case "added":
      return `Line ${line} was added: it is no entry of this log at this place.`;
    case "forked":
      return `Two signed checkpoints do not belong to one history: at entry ${seq} they part.`;
    case "bad-checkpoint":
      return `${line === undefined ? "A checkpoint of --head" : `The checkpoint at line ${line}`} is not signed by the key, or not of this log.`;
    case "no-checkpoint":
      return "There is no checkpoint, so nothing here is signed.";
  }
}

function describe({ tenant, entries, covered, fault }: AuditReport, first: number): string {
  if (fault !== undefined) return `${sentence(fault)}\n`;
  if (covered === undefined) return "";
  const last = first + entries - 1;
  const after = last - covered.size;
  const unsigned = after > 0 ? `The ${after === 1 ? "entry" : `${after} entries`} after it: not signed yet.\n` : "";
  return (
    `Entries ${first} to ${last} of tenant ${tenant} are as they were written.\nSigned: entries up to ${covered.size}, at ${covered.at}.\n${unsigned}` +
    "Whether entries were cut off after that, only a later checkpoint can say: keep\nexports, and give the newest as --head.\n"
  );
}

interface VerifyOptions {
  readonly key?: readonly Uint8Array[];
  readonly head?: readonly string[];
  readonly first: number;
}

export function auditCommand({ terminal, options, show, exit }: CommandContext): Command {
  const audit = new Command("audit").description("the event log: who did what, in a chain that proves itself (docs/operations.md)");
  audit
    .command("export")
    .description("print the event log with its signed checkpoints, a line each")
    .option("--from <time>", "from the first entry of this time on, for example 2026-11-30 (UTC)", time)
    .option("--to <time>", "to the first checkpoint after the last entry before this time", time)
    .action(async (range: { from?: string; to?: string }) => {
      for await (const line of connect(options(), terminal).audit.export(range)) terminal.out(`${line}\n`);
    });
  audit
    .command("verify")
    .description("say whether an export is as it was written, offline")
    .argument("<file>", "what covault audit export printed")
    .option("--key <public>", "public audit key, 64 hexadecimal characters; may be repeated", publicKeys)
    .option("--head <file>", "an older export, or its last line: what that covers cannot be cut off; may be repeated", files)
    .option("--first <number>", "the entry that the export should begin with", number, 1)
    .action(async (file: string, { key, head = [], first }: VerifyOptions) => {
      const keys = key ?? (await keysHere(terminal.env.DATA_DIR || "./data"));
      const { verifyAudit } = await import("@covault/trust");
      const report = verifyAudit(linesOf(file), { keys, heads: head.map(headOf), first });
      show(report, describe(report, first));
      if (report.fault !== undefined) exit(1);
    });
  return audit;
}

/**
 * Gives the audit keys of a system on this machine. Throws cli/bad-arguments when there are none.
 */
async function keysHere(dataDir: string): Promise<readonly Uint8Array[]> {
  const { storedAuditKey } = await import("@covault/server");
  const stored = storedAuditKey(dataDir);
  if (stored === undefined)
    throw new CovaultError("cli/bad-arguments", "No audit key: give --key, the public one that covault keys new audit printed.");
  return [stored];
}
