import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressesOf } from "@covault/chains";
import { codes } from "@covault/errors";
import { bip32Child } from "@covault/trust";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";

const account = {
  id: "acc_1",
  user_id: "alice",
  name: null,
  status: "active",
  scheme: "ecdsa-secp256k1",
  threshold_t: 2,
  threshold_n: 3,
  public_key: "0x02aa",
  addresses: { evm: "0xAbC" },
  keys: [{ key_id: "0x77", scheme: "ecdsa-secp256k1", public_key: "0x02aa", epoch: 0 }],
  keygen_session_id: "ses_1",
  parties: [{ party_id: "server-party-1", role: "persistent", share_index: 1 }],
  error: null,
  created_at: "2026-01-01T00:00:00.000Z",
};
const session = {
  session_id: "ses_1",
  account_id: "acc_1",
  kind: "keygen",
  status: "completed",
  threshold_t: 2,
  threshold_n: 3,
  parties: [{ party_id: "server-party-1", share_index: 1, state: "committed" }],
  awaited: [],
  needs_pairs: [],
  attempt: 1,
  result: { public_key: "0x02aa", addresses: {} },
  error: null,
  events: [{ seq: 1, type: "SessionOpened", at: "2026-01-01T00:00:00.000Z", data: {} }],
  created_at: "2026-01-01T00:00:00.000Z",
  expires_at: "2026-01-01T00:01:00.000Z",
};
const signed = {
  session_id: "ses_2",
  keygen_session_id: "ses_1",
  digest: "0xabab",
  message: "0xabab",
  signature: { r: "0x1", s: "0x2", recovery_id: 0, hex: "0x121b" },
  signatures: [
    {
      index: 0,
      key_id: "0x77",
      scheme: "schnorr-bip340",
      path: "m/0/5",
      public_key: "0x03bb",
      taproot: true,
      message: "0xabab",
      hex: "0x121b",
    },
  ],
};
const key = {
  ...account.keys[0],
  ...{ chain_code: "0xcc", xpub: "xpub1", addresses: { evm: "0xAbC", tron: "TAbC" }, threshold_t: 2, parties: account.parties },
  ...{ keygen_session_id: "ses_1", certificates: ["AA=="], backed_up: true, exposed: null },
};
/** The x coordinate of the generator of secp256k1. */
const generator = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
/** Of a key with a real child, as the CLI derives it again. */
const paidKey = { ...key, public_key: `0x${"02"}${generator}`, chain_code: `0x${"01".repeat(32)}` };
const paid = (path: number): object => {
  const child = bip32Child(Buffer.from(paidKey.public_key.slice(2), "hex"), new Uint8Array(32).fill(1), [0, path]);
  return { path: `m/0/${path}`, ...addressesOf("ecdsa-secp256k1", child.publicKey, "signet") };
};
const parties = {
  parties: [
    {
      party_id: "server-party-1",
      role: "persistent",
      present: true,
      instances: [{ instance_id: "ins_1", router_id: "r", load: 2, connected_at: "now" }],
    },
    { party_id: "server-party-2", role: "persistent", present: false, instances: [] },
  ],
  burns: [
    ["mpc/ot-check-failed", "server-party-1", "ses_9"],
    ["party/pairs-missing", "server-party-2", "ses_10"],
  ].map(([code, reported_by, session_id], at) => ({
    ...{ key_id: `k${at + 1}`, epoch: "e1", share_indices: [1, 2], parties: ["server-party-1", "server-party-2"] },
    ...{ code, reported_by, session_id },
  })),
};
const inUse = {
  serial: "7",
  routers: [{ router_id: "router-1", serial: "7" as string | null }],
  parties: [
    { party_id: "server-party-1", instances: [{ instance_id: "ins_1", serial: "7" }] },
    { party_id: "server-party-2", instances: [{ instance_id: "ins_2", serial: "7" as string | null }] },
  ],
};
const answers: Record<string, unknown> = {
  "GET /api/v1/roster": inUse,
  "GET /health/ready": { status: "ok", roster: { serial: "7" } },
  "POST /api/v1/accounts": account,
  "GET /api/v1/accounts": { accounts: [account], altered: ["acc_other"], next_cursor: "Y3Vyc29y" },
  "GET /api/v1/accounts/acc_1": account,
  "POST /api/v1/accounts/acc_1/sign": signed,
  "GET /api/v1/accounts/acc_1/keys": {
    keys: [key, { ...key, scheme: "eddsa-ed25519", xpub: null, backed_up: false, exposed: "imported" }],
  },
  "POST /api/v1/accounts/acc_1/keys": key,
  "GET /api/v1/accounts/acc_2/keys": { keys: [paidKey] },
  "GET /api/v1/accounts/acc_2/addresses": { network: "signet", addresses: [paid(3), paid(4)] },
  "GET /api/v1/sessions/ses_1": session,
  "GET /api/v1/parties": parties,
};

const folder = mkdtempSync(join(tmpdir(), "covault-cli-"));
const seen: { route: string; key: string | undefined; body: string }[] = [];
let server: Server;
let url = "";
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const route = `${request.method} ${request.url?.split("?")[0]}`;
    seen.push({ route: `${request.method} ${request.url}`, key: request.headers["x-api-key"] as string | undefined, body });
    const missing = { code: "account/not-found", message: "There is no account x.", hint: codes["account/not-found"].hint };
    const answer = answers[route];
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(answer ?? missing));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const failing = {
  ...session,
  kind: "sign",
  status: "completed",
  parties: [
    { party_id: "server-party-1", share_index: 1, state: "signed" },
    { party_id: "server-party-2", share_index: 2, state: "signed" },
    { party_id: "server-party-3", share_index: 3, state: "unused" },
  ],
  events: [
    { type: "AttemptStarted", data: { attempt: 1, members: [{ party_id: "server-party-1", share_index: 1 }] } },
    { type: "Progressed", data: { attempt: 1, party_id: "server-party-1", share_index: 1, round: 2 } },
    { type: "Aborted", data: { attempt: 1, party_id: "server-party-1", round: 2, code: "mpc/bad-proof", culprits: [3, 9] } },
    { type: "AttemptFailed", data: { attempt: 1, code: "coordinator/no-progress", silent: ["server-party-2"] } },
    { type: "SessionFailed", data: { code: "coordinator/no-quorum", message: "No quorum is left.", parties: [] } },
  ].map((event, at) => ({ ...event, seq: at + 1, at: "2026-01-01T00:00:00.000Z" })),
};
answers["GET /api/v1/sessions/ses_7"] = failing;

async function covault(args: string, env: Record<string, string> = { MPC_API_KEY: "key-from-the-environment" }) {
  let out = "";
  let err = "";
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    env: { COVAULT_URL: url, COVAULT_COORDINATOR_URL: url, DATA_DIR: folder, ...env },
  };
  const code = await run(args === "" ? [] : args.split(" "), terminal);
  return { code, out, err, last: seen.at(-1) };
}

describe("covault", () => {
  it("explains itself: every command, where the key comes from, examples", async () => {
    const { code, out } = await covault("--help");
    expect(code).toBe(0);
    for (const text of ["start", "account", "sign", "session", "party", "MPC_API_KEY", "Examples:", "covault account create"])
      expect(out).toContain(text);
  });

  const commands = [
    "start",
    "serve",
    "cluster",
    "keys",
    "roster",
    "api-key",
    "account",
    "account create",
    "sign",
    "refresh",
    "reshare",
    "recover",
    "renew",
    "repair",
    "export",
    "import",
    "session",
    "party",
    "audit",
    "audit verify",
  ];
  it.each(["help", ...commands.map((command) => `help ${command}`)])("%s fits 80 columns", async (args) => {
    const { code, out } = await covault(args);
    expect(code).toBe(0);
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("shows the help of a command", async () => {
    const { code, out } = await covault("account create --help");
    expect(code).toBe(0);
    for (const text of ["<user>", "--threshold", "--parties", "default 3"]) expect(out).toContain(text);
  });

  it("account create asks for what was said and shows key and address", async () => {
    const { code, out, last } = await covault("account create alice --name savings -t 2 -p 3");
    expect([code, JSON.parse(last?.body ?? "")]).toEqual([0, { user_id: "alice", name: "savings", threshold_t: 2, threshold_n: 3 }]);
    expect(out).toMatch(/address +0xAbC \(EVM\)/);
    expect(out).toMatch(/threshold +2 of 3/);
  });

  it("account create takes several schemes, and keys and add-key show what others derive from", async () => {
    const { last } = await covault("account create alice --schemes ecdsa-secp256k1,eddsa-ed25519");
    expect(JSON.parse(last?.body ?? "")).toEqual({ user_id: "alice", schemes: ["ecdsa-secp256k1", "eddsa-ed25519"] });
    const { out } = await covault("account keys acc_1");
    for (const text of [/xpub +xpub1\n/, /address +TAbC \(Tron\)\n/, /scheme +eddsa-ed25519\n/, /chain code +0xcc\n/])
      expect(out).toMatch(text);
    // Of a key that nobody has sealed it says so, and whether it was whole in one place.
    expect(out.match(/(backed up|exposed) +\S+/g)).toEqual(["backed up   yes,", "backed up   NO", "exposed     imported:"]);
    const added = await covault("account add-key acc_1 eddsa-ed25519");
    expect([added.last?.route, added.last?.body]).toEqual(["POST /api/v1/accounts/acc_1/keys", '{"scheme":"eddsa-ed25519"}']);
  });

  it("account address asks for a path or a range, and shows each", async () => {
    const { out } = await covault("account address acc_2 --path m/0 --from 3 --count 2 --network signet");
    expect(seen.at(-2)?.route).toBe("GET /api/v1/accounts/acc_2/addresses?path=m%2F0&from=3&count=2&network=signet");
    expect(out).toMatch(/path +m\/0\/3\naddress +0x\w{40} \(EVM\)\n(address .+\n)+\npath +m\/0\/4\naddress +0x\w{40} \(EVM\)\n/);
    expect(out).toContain("tb1q");
  });

  it("account address shows none that does not follow from the account's keys", async () => {
    const asked = "--path m/0 --from 3 --count 2 --network signet";
    const shown = answers["GET /api/v1/accounts/acc_2/addresses"] as { addresses: { evm: string }[] };
    const other = { ...shown, addresses: shown.addresses.map((each) => ({ ...each, evm: `0x${"ab".repeat(20)}` })) };
    answers["GET /api/v1/accounts/acc_2/addresses"] = other;
    const { code, out, err } = await covault(`account address acc_2 ${asked}`);
    answers["GET /api/v1/accounts/acc_2/addresses"] = shown;
    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain("chains/wrong-address");
  });

  it.each([
    [
      "0xabab --scheme schnorr-bip340 --path m/0/5 --taproot",
      { digest: "0xabab", scheme: "schnorr-bip340", derivation_path: "m/0/5", taproot: {} },
    ],
    ["0xabab --key 0x77 --merkle-root 0xcd", { digest: "0xabab", key_id: "0x77", taproot: { merkle_root: "0xcd" } }],
    ["--message 0x01 --scheme eddsa-ed25519", { message: "0x01", scheme: "eddsa-ed25519" }],
    ["--text hello --path m/7", { transaction: { type: "evm_personal_message", text: "hello", derivation_path: "m/7" } }],
  ])("sign acc_1 %s", async (args, body) => {
    const { code, out, last } = await covault(`sign acc_1 ${args}`);
    expect([code, JSON.parse(last?.body ?? "")]).toEqual([0, body]);
    expect(out).toMatch(/path +m\/0\/5\npublic key +0x03bb\n/);
  });

  it.each(["sign acc_1 0xabab --text hello", "sign acc_1 --text hello --taproot", "sign acc_1"])("%s is not asked for", async (args) => {
    expect(await covault(args)).toMatchObject({ code: 2, err: expect.stringContaining("cli/bad-arguments") });
  });

  it("account list shows a line each and how to go on", async () => {
    const { out, last } = await covault("account list --user alice --limit 5");
    expect(last?.route).toBe("GET /api/v1/accounts?user_id=alice&limit=5");
    expect(out).toMatch(/acc_1 +alice +active +2 of 3 +0xAbC/);
    expect(out).toContain("--cursor Y3Vyc29y");
  });

  it.each([
    ["account show acc_1", account],
    ["sign acc_1 abab", signed],
    ["session show ses_1", session],
  ])("%s --json prints the answer itself", async (args, answer) => {
    const { code, out } = await covault(`${args} --json`);
    expect([code, JSON.parse(out)]).toEqual([0, answer]);
  });

  it("sign sends the digest and shows the signature", async () => {
    const { out, last } = await covault("sign acc_1 0xabab");
    expect(last?.body).toBe('{"digest":"0xabab"}');
    expect(out).toMatch(/signature +0x121b/);
  });

  describe("refresh, reshare and recover", () => {
    const open = { ...session, session_id: "ses_9", kind: "refresh", status: "open", result: null, awaited: ["server-party-3"] };
    const ended = { ...open, status: "completed", awaited: [], result: { key_id: "0x77", scheme: "ecdsa-secp256k1", epoch: 4 } };
    for (const kind of ["refresh", "reshare", "recover"]) answers[`POST /api/v1/accounts/acc_1/${kind}`] = open;
    const bodies = (kind: string) =>
      seen.filter(({ route }) => route === `POST /api/v1/accounts/acc_1/${kind}`).map(({ body }) => JSON.parse(body));

    it("asks for each of the account's keys, says on standard error how far it is, and shows the epoch", async () => {
      answers["GET /api/v1/sessions/ses_9"] = ended;
      const { code, out, err } = await covault("refresh acc_1");
      // The account has two keys in this file, of one id.
      expect([code, bodies("refresh")]).toEqual([0, [{ key: "0x77" }, { key: "0x77" }]]);
      expect(err).toBe("refresh ses_9: completed\n".repeat(2));
      expect(out).toMatch(/epoch +4\n/);
    });
    it("--no-wait shows the session as it is, and whom it waits for", async () => {
      const { out, err } = await covault("refresh acc_1 --no-wait --key ecdsa-secp256k1");
      expect([bodies("refresh").at(-1), err]).toEqual([{ key: "ecdsa-secp256k1" }, ""]);
      expect(out).toMatch(/waits for +server-party-3\n/);
    });
    it("reshare and recover send what was said", async () => {
      answers["GET /api/v1/sessions/ses_9"] = ended;
      await covault("reshare acc_1 --threshold 2 --holders 4 --leave-out p3 --key 0x77 --force 2-of-2");
      await covault("reshare acc_1 --party p1 --party p2 --key 0x77");
      await covault("recover acc_1 server-party-2 --key 0x77 --identity aa");
      expect(bodies("reshare")).toEqual([
        { threshold_t: 2, threshold_n: 4, leave_out: ["p3"], force: "2-of-2", key: "0x77" },
        { parties: ["p1", "p2"], key: "0x77" },
      ]);
      expect(bodies("recover")).toEqual([{ party_id: "server-party-2", replacement_identity: "aa", key: "0x77" }]);
    });
    it("renew names two parties, and shows the pair and its generation", async () => {
      answers["POST /api/v1/accounts/acc_1/renew"] = { ...open, kind: "renew" };
      const result = { ...ended.result, generation: 2, renewed: ["p1", "p2"] };
      answers["GET /api/v1/sessions/ses_9"] = { ...ended, kind: "renew", result };
      const { code, out } = await covault("renew acc_1 --parties p1,p2");
      expect([code, bodies("renew"), out]).toEqual([
        0,
        [{ parties: ["p1", "p2"] }],
        expect.stringMatching(/pair +p1 and p2, generation 2\n/),
      ]);
      expect(await covault("renew acc_1 --parties p1")).toMatchObject({ code: 2, err: expect.stringContaining("Name two parties") });
      expect((await covault("renew acc_1")).code).toBe(2);
    });
    it("repair asks for each key, and passes over those whose share is there, unless it is all of them", async () => {
      const repaired = { ...ended, kind: "repair", result: { ...ended.result, repaired: "p2" } };
      answers["POST /api/v1/accounts/acc_1/repair"] = { ...open, kind: "repair" };
      answers["GET /api/v1/sessions/ses_9"] = repaired;
      expect((await covault("repair acc_1 --party p2")).out).toMatch(/repaired +p2\n/);
      expect(bodies("repair")).toEqual([
        { party_id: "p2", key: "0x77" },
        { party_id: "p2", key: "0x77" },
      ]);
      // What is not there answers with another refusal, and that is none to pass over.
      delete answers["POST /api/v1/accounts/acc_1/repair"];
      expect(await covault("repair acc_1 --party p2")).toMatchObject({ code: 2, err: expect.stringContaining("account/not-found") });
    });
    it("session abort shows the session as it ended", async () => {
      const error = { code: "account/session-failed", message: "A caller aborted the session. (coordinator/aborted)" };
      answers["POST /api/v1/sessions/ses_9/abort"] = { ...ended, status: "failed", result: null, error, needs_pairs: [[1, 2]] };
      const { code, out } = await covault("session abort ses_9");
      expect([code, out]).toEqual([0, expect.stringContaining("coordinator/aborted")]);
      expect(out).toMatch(/needs pairs +server-party-1 and /);
    });
    it("a session that failed ends with its reason and the code's exit", async () => {
      const error = { code: "account/session-failed", message: "The refresh session ses_9 failed: it expired (coordinator/expired)" };
      answers["GET /api/v1/sessions/ses_9"] = { ...ended, status: "failed", result: null, error };
      const { code, err } = await covault("refresh acc_1 --key 0x77");
      expect(code).not.toBe(0);
      expect(err).toContain("it expired (coordinator/expired)");
      expect(err).toContain("covault session show ses_9");
    });
  });

  describe("export", () => {
    const folder = join(tmpdir(), `covault-export-${process.pid}`);
    const document = Buffer.from('{"format":"covault-sealed-share"}').toString("base64");
    const result = {
      ...{ key_id: "0x7f2c5d1be1b5e8a7a3f9", scheme: "ecdsa-secp256k1", epoch: 4, recipient: `0x${"5a".repeat(32)}` },
      documents: ["p1", "p2"].map((party_id) => ({ party_id, document })),
      refused: [{ party_id: "p3", code: "party/recipient-refused" }],
    };
    const completed = { ...session, session_id: "ses_8", kind: "export", status: "completed", result };
    answers["POST /api/v1/accounts/acc_1/export"] = completed;
    answers["GET /api/v1/sessions/ses_8"] = completed;
    const asked = () => JSON.parse(seen.findLast(({ route }) => route.endsWith("/export"))?.body ?? "");
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it("writes what each holder has sealed, and says who refused, and whether it is the key", async () => {
      const { code, out } = await covault(`export acc_1 --recipient ${"5a".repeat(32)} --reason leaving --out ${folder}`);
      // The service says that they are the key, and these are no sealed shares.
      expect([code, asked()]).toEqual([1, { recipient: "5a".repeat(32), reason: "leaving" }]);
      expect(out.match(/not right +.*-4-p[12].json: The backup is damaged/g)).toHaveLength(2);
      expect(readdirSync(folder)).toEqual(["7f2c5d1be1b5e8a7-4-p1.json", "7f2c5d1be1b5e8a7-4-p2.json"]);
      expect(readFileSync(join(folder, "7f2c5d1be1b5e8a7-4-p1.json"), "utf8")).toBe('{"format":"covault-sealed-share"}');
      expect(statSync(join(folder, "7f2c5d1be1b5e8a7-4-p1.json")).mode & 0o777).toBe(0o600);
      expect(out).toMatch(/refused +p3 \(party\/recipient-refused\)/);
      expect(out).toContain("they are NOT the key");
      expect(out).not.toContain("covault recover-key");
    });
    it("writes nothing out of its folder, and over no other file, whatever the service says", async () => {
      const evil = { ...completed, result: { ...result, documents: [{ party_id: "x/../../evil", document }] } };
      answers["GET /api/v1/sessions/ses_8"] = answers["POST /api/v1/accounts/acc_1/export"] = evil;
      const place = join(folder, "deep", "er");
      mkdirSync(join(place, "7f2c5d1be1b5e8a7-4-x"), { recursive: true });
      const asking = `export acc_1 --recipient ${"5a".repeat(32)} --reason leaving --out ${place}`;
      expect((await covault(asking)).err).toContain("cli/unwritable-file");
      expect(readdirSync(join(folder, "deep"))).toEqual(["er"]);
      answers["GET /api/v1/sessions/ses_8"] = answers["POST /api/v1/accounts/acc_1/export"] = completed;
      writeFileSync(join(place, "7f2c5d1be1b5e8a7-4-p1.json"), "another export's");
      expect((await covault(asking)).err).toContain("cli/unwritable-file");
      expect(readFileSync(join(place, "7f2c5d1be1b5e8a7-4-p1.json"), "utf8")).toBe("another export's");
    });
    it("names a recipient by the SHA-256 of its public key, and takes nothing else for one", async () => {
      const publicKey = `02${"11".repeat(32)}`;
      await covault(`export acc_1 --recipient ${publicKey} --reason leaving --out ${folder} --key 0x77`);
      const fingerprint = createHash("sha256").update(Buffer.from(publicKey, "hex")).digest("hex");
      expect(asked()).toEqual({ recipient: fingerprint, reason: "leaving", key: "0x77" });
      const { code, err } = await covault(`export acc_1 --recipient 5a5a --reason leaving --out ${folder}`);
      expect([code, err.includes("--recipient: expected a fingerprint")]).toEqual([2, true]);
    });
  });

  it("session show lists the events", async () => {
    expect((await covault("session show ses_1")).out).toMatch(/1 +2026-01-01T00:00:00.000Z +SessionOpened\n/);
  });

  it("session show says who, in which round and why, and that signers of a completed session have signed", async () => {
    const { out } = await covault("session show ses_7");
    expect(out).toContain("server-party-1 (signed), server-party-2 (signed), server-party-3 (unused)");
    expect(out).toMatch(/AttemptStarted +server-party-1\n/);
    expect(out).toMatch(/Progressed +server-party-1; round 2\n/);
    expect(out).toMatch(/Aborted +server-party-1; round 2; culprits: server-party-3, share 9; mpc\/bad-proof\n/);
    expect(out).toMatch(/AttemptFailed +silent: server-party-2; coordinator\/no-progress\n/);
    expect(out).toMatch(/SessionFailed +No quorum is left. \(coordinator\/no-quorum\)\n/);
  });

  it("party show lists everybody, and one with its burned pairs", async () => {
    const { out } = await covault("party show");
    expect(out).toMatch(/server-party-1 +persistent +yes +no +2/);
    expect(out).toMatch(/server-party-2 +persistent +no +yes +0/);
    const one = await covault("party show server-party-2");
    expect(one.out).toContain("ses_9");
    // The party says itself that it was restored. The other party of the pair was not.
    expect(one.out).toMatch(/restored +yes: pairs of one key are to be renewed\n/);
    expect(one.out).toMatch(/k2 +ses_10 +party\/pairs-missing +server-party-1, server-party-2/);
    expect((await covault("party show server-party-1")).out).toMatch(/restored +no\n/);
    expect(await covault("party show nobody")).toMatchObject({ code: 2, err: expect.stringContaining("nobody") });
  });
});

describe("covault roster status", () => {
  it("says that all have the roster, and ends with 0", async () => {
    const { code, out } = await covault("roster status");
    expect(code).toBe(0);
    expect(out).toMatch(/coordinator +7 +has it\n/);
    expect(out).toMatch(/server-party-1 ins_1 +7 +has it\n/);
    expect(out).toMatch(/All have the roster with serial 7\.\n$/);
    expect(await covault(`roster status --serial 007 ${url}`)).toMatchObject({ code: 0 });
  });

  it("names who lags, who does not say, who is not connected and who refuses it, and ends with 3", async () => {
    answers["GET /health/ready"] = { status: "ok", roster: { serial: "7", refused: "trust/roster-not-newer" } };
    answers["GET /api/v1/roster"] = {
      ...inUse,
      serial: "8",
      routers: [{ router_id: "router-1", serial: null }],
      parties: [...inUse.parties.slice(0, 1), { party_id: "server-party-2", instances: [] }],
    };
    const { code, out } = await covault("roster status");
    expect(code).toBe(3);
    expect(out).toMatch(/coordinator +8 +has it\n/);
    expect(out).toMatch(/router-1 +- +has not said it yet\n/);
    expect(out).toMatch(/server-party-1 ins_1 +7 +has another one\n/);
    expect(out).toMatch(/server-party-2 +- +not connected\n/);
    expect(out).toMatch(/refuses the roster that is in place: +trust\/roster-not-newer/);
    const json = await covault("roster status --serial 9 --json");
    expect([json.code, JSON.parse(json.out)]).toMatchObject([3, { serial: "9", complete: false }]);
    Object.assign(answers, { "GET /health/ready": { status: "ok", roster: { serial: "7" } }, "GET /api/v1/roster": inUse });
  });

  it("does not take silence or a wrong number for an answer", async () => {
    expect(await covault("roster status http://127.0.0.1:1")).toMatchObject({ code: 3, err: expect.stringContaining("127.0.0.1:1") });
    expect(await covault("roster status --serial soon")).toMatchObject({ code: 2, err: expect.stringContaining("whole number") });
    answers["GET /health/ready"] = { status: "ok" };
    expect(await covault("roster status")).toMatchObject({ code: 3 });
    answers["GET /health/ready"] = { status: "ok", roster: { serial: "7" } };
  });
});

describe("the API key", () => {
  it("is taken from --api-key, then the environment, then what covault start made", async () => {
    mkdirSync(join(folder, "secrets"));
    writeFileSync(join(folder, "secrets", "mpc_api_key"), "key-from-the-file\n");
    expect((await covault("account show acc_1 --api-key key-from-the-option")).last?.key).toBe("key-from-the-option");
    expect((await covault("account show acc_1")).last?.key).toBe("key-from-the-environment");
    expect((await covault("account show acc_1", {})).last?.key).toBe("key-from-the-file");
  });

  it("missing everywhere is said with the places that were looked at", async () => {
    const { code, err } = await covault("account show acc_1", { DATA_DIR: join(folder, "nowhere") });
    expect(code).toBe(2);
    for (const text of ["MPC_API_KEY", "--api-key", "nowhere"]) expect(err).toContain(text);
  });
});

describe("failures end with a code by whose fault it was, a reason and a hint, and no stack", () => {
  it.each([
    [
      "the service's refusal, as commands say it",
      "account show x",
      2,
      ["There is no account x.", "covault account list", "account/not-found"],
    ],
    ["a URL without http://", "account show x --url 127.0.0.1:4440", 2, ["--url", "Write --url http://127.0.0.1:4440.", "cli/bad-url"]],
    ["the coordinator's likewise", "party show --coordinator-url localhost:1", 2, ["http://localhost:1", "cli/bad-url"]],
    ["no coordinator", "party show --coordinator-url http://127.0.0.1:1", 3, ["COVAULT_COORDINATOR_URL", "cli/coordinator-unreachable"]],
    ["a restored party that was not meant", "party restored server-party-1", 2, ["--yes", "server-party-1", "cli/not-confirmed"]],
    ["an unknown party", "party show nobody", 2, ["covault party show", "cli/unknown-party"]],
    ["a configuration file that is not there", "api-key list --config no-such.yaml", 2, ["no-such.yaml", "config/bad-value"]],
    ["nobody there", "account show x --url http://127.0.0.1:1", 3, ["127.0.0.1:1", "npm start", "sdk/unreachable"]],
    ["a missing argument", "sign acc_1", 2, ["digest", "covault help"]],
    ["an unknown command", "frobnicate", 2, ["frobnicate"]],
    ["a bad number", "account create a -t two", 2, ["two", "whole number"]],
  ])("%s", async (_, args, exitCode, told) => {
    const { code, err } = await covault(args);
    expect(code).toBe(exitCode);
    for (const text of told) expect(err).toContain(text);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it("the service's own advice, where it is more than that of the code", async () => {
    const refused = { code: "account/session-failed", message: "It failed.", hint: codes["party/pairs-missing"].hint };
    for (const [hint, told] of [
      [refused.hint, "made anew by a renewal"],
      [codes["account/session-failed"].hint, "Run this again"],
    ] as const) {
      const failing = createServer((_, response) => response.writeHead(502).end(JSON.stringify({ ...refused, hint })));
      await new Promise<void>((listening) => failing.listen(0, "127.0.0.1", listening));
      const { port } = failing.address() as AddressInfo;
      const { err } = await covault(`sign acc_1 ${"ab".repeat(32)} --url http://127.0.0.1:${port}`);
      expect(err).toContain(told);
      failing.close();
    }
  });

  it("the same page for every error: reason, hint, code, where to read on", async () => {
    expect((await covault("account show x")).err).toMatchInlineSnapshot(`
      "Error: There is no account x.

      Take the account's id from covault account list.
      Code: account/not-found
      Docs: docs/errors.md#account-not-found
      "
    `);
  });

  it("COVAULT_URL without http:// is named with how to write it, and no password in it is shown", async () => {
    const env = { MPC_API_KEY: "key-from-the-environment", COVAULT_URL: "user:hunter2@127.0.0.1:4440" };
    const { err } = await covault("account list", env);
    expect(err).toContain("Write COVAULT_URL=http://127.0.0.1:4440.");
    expect(err).not.toContain("hunter2");
  });

  it("keys public says which public key a secret has, and shows nothing of a file that has none", async () => {
    const made = JSON.parse((await covault("keys new root --json")).out);
    const secret = join(folder, "root_key");
    writeFileSync(secret, `${made.secret}\n`);
    expect((await covault(`keys public ${secret}`)).out).toBe(`${made.public.key}\n`);
    expect(JSON.parse((await covault(`keys public ${secret} --json`)).out)).toEqual({ file: secret, public_key: made.public.key });
    writeFileSync(secret, made.secret.slice(1));
    const { code, out, err } = await covault(`keys public ${secret}`);
    expect([code, out, err.includes("cli/unreadable-file"), err.includes(made.secret.slice(2, 20))]).toEqual([2, "", true, false]);
  });

  it("a signed roster that cannot be written says why", async () => {
    const list = join(folder, "list.yaml");
    const id = "ab".repeat(32);
    const key = (await covault("keys new identity --json")).out;
    const initiator = (await covault("keys new initiator --json")).out;
    const publicOf = (made: string): string => JSON.parse(made).public.key;
    writeFileSync(
      list,
      `parties: [{ id: server-party-1, identity_key: "${publicOf(key)}" }]\ninitiators: [{ id: account, key: "${publicOf(initiator)}" }]\n`,
    );
    const out = join(folder, "nowhere", "roster");
    const { code, err } = await covault(`roster sign ${list} --out ${out}`, { ROOT_KEY: id });
    expect(code).toBe(2);
    for (const text of [out, "folder is not there", "cli/unwritable-file"]) expect(err).toContain(text);
  });

  it("every code that the command line and the SDK make stands in the table, and no other of theirs", () => {
    const source = ["hints.ts", "connection.ts", "run.ts", "commands/audit.ts", "commands/party.ts", "commands/roster.ts"].map(
      (file) => `apps/cli/src/${file}`,
    );
    const sdk = ["api-error.ts", "arguments.ts", "client.ts", "options.ts"].map((file) => `packages/sdk/src/${file}`);
    const text = [...source, ...sdk].map((file) => readFileSync(join(import.meta.dirname, "../../..", file), "utf8")).join("\n");
    const made = new Set(text.match(/(?<=")(?:sdk|cli)\/[a-z-]+(?=")/g));
    expect([...made].sort()).toEqual(
      Object.keys(codes)
        .filter((code) => /^(sdk|cli)\//.test(code))
        .sort(),
    );
  });

  it("a command without its subcommand shows them all", async () => {
    expect(await covault("account")).toMatchObject({ code: 2, out: "", err: expect.stringContaining("create [options] <user>") });
  });

  it("wrong arguments as JSON with --json", async () => {
    const { code, err } = await covault("sign acc_1 --json");
    expect([code, JSON.parse(err)]).toEqual([
      2,
      {
        code: "cli/bad-arguments",
        message: "Give one of a digest, --message and --text.",
        hint: "Look at covault help, or at the --help of the command.",
      },
    ]);
  });

  it("as JSON with --json", async () => {
    const { code, err } = await covault("account show x --json");
    const told = { code: "account/not-found", message: "There is no account x.", hint: "Take the account's id from covault account list." };
    expect([code, JSON.parse(err)]).toEqual([2, told]);
  });
});
