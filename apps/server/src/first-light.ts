// This file does the main job once, as a caller would do it with the SDK. It makes a 2-of-3 key and
// signs with two of its parties, all over HTTP. It checks the signature with OpenSSL, which shares
// no code with us. A later start signs with the key that the first one made.
import { createHash, createPublicKey, ECDH, verify } from "node:crypto";
import { join, relative } from "node:path";
import { type Account, CovaultClient, type SessionEvent } from "@covault/sdk";
import type { Screen } from "./terminal/index.ts";

export interface FirstLight {
  readonly accountUrl: string;
  readonly apiKey: string;
  /**
   * The text with which a shell gets the key. What is printed may be kept, and a secret must not
   * be.
   */
  readonly keyInShell: string;
  readonly screen: Screen;
  /**
   * Whether all parties of a new key are in this process. If they are not, it takes an account of
   * an earlier start.
   */
  readonly newKey: boolean;
  /** Whether the system stays up afterwards, so that the reader can do the same. */
  readonly staysUp: boolean;
}

const userId = "first-light";
const message = "Covault: first light";

/** Does the job. Throws when anything is not as it must be. */
export async function firstLight({ accountUrl, apiKey, keyInShell, screen, newKey, staysUp }: FirstLight): Promise<void> {
  const { print, palette } = screen;
  const fact = (name: string, value: string): void => print(`  ${palette.dim(name.padEnd(9))} ${value}`);
  const covault = new CovaultClient({ baseUrl: accountUrl, apiKey });

  const account = (await earlierAccount(covault)) ?? (await newAccount(covault, screen, newKey));
  const publicKey = account.public_key ?? "";
  fact("account", account.id);
  fact("key", publicKey);
  fact("address", `${account.addresses.evm} (EVM)`);

  const digest = `0x${createHash("sha256").update(message).digest("hex")}`;
  print("");
  print(`Signing SHA-256("${message}") with ${account.threshold_t} of ${account.threshold_n}.`);
  const started = performance.now();
  const { session_id: sessionId, signature } = await screen.during("Signing", covault.sign(account.id, { digest }));
  const took = Math.round(performance.now() - started);
  const session = await covault.getSession(sessionId);
  for (const line of progress(session.events)) print(line);
  const signers = session.parties.filter((party) => party.state === "signed").map((party) => party.party_id);
  print(`  signed in ${took} ms by ${signers.join(" and ")}`);
  fact("r", signature.r);
  fact("s", signature.s);

  const valid = verifiedByOpenssl(publicKey, message, signature.r, signature.s);
  if (!valid) throw new Error(`OpenSSL does not accept the signature ${signature.hex} of ${publicKey}.`);
  print(palette.green("  verified by OpenSSL"));
  if (staysUp) doItAgain({ accountUrl, keyInShell, accountId: account.id, digest }, print);
}

/** Gives the account that the first start has made, if it is of use. */
async function earlierAccount(covault: CovaultClient): Promise<Account | undefined> {
  const { accounts } = await covault.listAccounts({ user_id: userId, limit: 100 });
  return accounts.find((one) => one.status === "active");
}

async function newAccount(covault: CovaultClient, screen: Screen, allPartiesHere: boolean): Promise<Account> {
  if (!allPartiesHere)
    throw new Error("No account of an earlier start, and not all parties of a new key run here. Start once with EMBEDDED_PARTIES unset.");
  screen.print("Making a 2-of-3 key: three parties, no dealer.");
  const started = performance.now();
  let done = false;
  const creating = covault.createAccount({ user_id: userId, name: "first light" }).finally(() => {
    done = true;
  });
  const watching = watchKeygen(covault, screen.print, () => done);
  const [account] = await screen.during("Making the key", Promise.all([creating, watching]));
  screen.print(`  made in ${Math.round(performance.now() - started)} ms, committed by all of its parties`);
  return account;
}

/**
 * Gives the text with which a shell in this folder reads the API key from the secrets of a data
 * folder.
 */
export function keyFileInShell(dataDir: string): string {
  const file = join(dataDir, "secrets", "mpc_api_key");
  const near = relative(process.cwd(), file);
  const path = near.startsWith("..") ? file : near;
  return `$(cat ${/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`})`;
}

/**
 * Gives the calls of the README, filled in, so that a second terminal can repeat what just
 * happened.
 */
export function doItAgain(
  { accountUrl, keyInShell, accountId, digest }: { readonly [Name in "accountUrl" | "keyInShell" | "accountId" | "digest"]: string },
  print: (line: string) => void,
): void {
  const headers = `-H "X-API-Key: $KEY" -H 'content-type: application/json'`;
  for (const line of [
    "",
    "Do it again, in this folder:",
    `  KEY=${keyInShell}`,
    `  ID=${accountId}`,
    `  DIGEST=${digest}`,
    `  curl -X POST ${accountUrl}/api/v1/accounts \\`,
    `    ${headers} \\`,
    `    -d '{"user_id":"user123"}'`,
    `  curl -X POST ${accountUrl}/api/v1/accounts/$ID/sign \\`,
    `    ${headers} \\`,
    `    -d '{"digest":"'$DIGEST'"}'`,
  ])
    print(line);
}

/** Prints each round of the running keygen as it happens. */
async function watchKeygen(covault: CovaultClient, print: (line: string) => void, done: () => boolean): Promise<void> {
  let session: string | undefined;
  const printed = new Set<string>();
  for (let last = false; !last; ) {
    last = done();
    if (session === undefined) {
      const { accounts } = await covault.listAccounts({ user_id: userId, limit: 100 });
      session = accounts.findLast((one) => one.status === "creating" || last)?.keygen_session_id;
    } else {
      const { events } = await covault.getSession(session);
      for (const line of progress(events).filter((one) => !printed.has(one))) {
        printed.add(line);
        print(line);
      }
    }
    if (!last) await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** Gives one line per round, when the last party has sent its messages of that round. */
function progress(events: readonly SessionEvent[]): string[] {
  const lines: string[] = [];
  const parties = new Map<number, Set<string>>();
  for (const { type, data } of events) {
    if (type === "AttemptReady") lines.push("  all have joined");
    if (type === "Progressed") {
      const { round, party_id: party } = data as { readonly round: number; readonly party_id: string };
      parties.set(round, (parties.get(round) ?? new Set()).add(party));
    }
    if (type === "Committed") lines.push("  commit certificate complete");
  }
  const rounds = [...parties].map(([round, sent]) => `  round ${round}: ${[...sent].sort().join(", ")} sent`);
  const commit = lines.indexOf("  commit certificate complete");
  return commit === -1 ? [...lines, ...rounds] : [...lines.slice(0, commit), ...rounds, ...lines.slice(commit)];
}

/**
 * Whether OpenSSL accepts the signature of the SHA-256 of `message`. `publicKey` is compressed, and
 * all of them are hex with 0x.
 */
export function verifiedByOpenssl(publicKey: string, message: string, r: string, s: string): boolean {
  const point = ECDH.convertKey(publicKey.slice(2), "secp256k1", "hex", undefined, "uncompressed") as Buffer;
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((coordinate) => coordinate.toString("base64url"));
  const key = createPublicKey({ key: { kty: "EC", crv: "secp256k1", x: x ?? "", y: y ?? "" }, format: "jwk" });
  return verify("sha256", Buffer.from(message), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(r.slice(2) + s.slice(2), "hex"));
}
