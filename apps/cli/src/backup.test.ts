// What is done with sealed backups offline: `covault backup key | check | open`, and `covault
// recover-key`. The documents are those of real parties.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backupFolder } from "../../../packages/party-node/src/index.ts";
import { World } from "../../../packages/testkit/src/index.ts";
import { isSecp256k1Key } from "../../../packages/trust/src/index.ts";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "covault-sealed-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

async function covault(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), env: {} };
  return { code: await run(args, terminal), out: out.join(""), err: err.join("") };
}
const json = async (...args: string[]) => JSON.parse((await covault(...args, "--json")).out);

let publicKey: string;
const files = at("backups");
const names = () => readdirSync(files).sort();
const copy = (name: string, of: readonly string[]): string => {
  mkdirSync(at(name));
  for (const file of of) writeFileSync(join(at(name), file), readFileSync(join(files, file)));
  return at(name);
};

beforeAll(async () => {
  writeFileSync(at("passphrase"), "correct horse battery staple\nand another line\n");
  ({ public_key: publicKey } = await json("backup", "key", at("key"), "--passphrase-file", at("passphrase")));
  const recipients = [new Uint8Array(Buffer.from(publicKey, "hex"))];
  const world = await World.create({ seed: "cli backups", backupsOf: () => ({ recipients, files: backupFolder(files) }) });
  world.coordinator.open(world.keygenIntent(2), [1, 2, 3]);
  await world.hub.settle();
  for (const { party } of world.actors.values()) await party.idle();
}, 60_000);

describe("covault backup key", () => {
  it("makes a key pair for its owner alone, and never over another file", async () => {
    const made = await covault("backup", "key", at("plain"));
    expect(made.out).toContain("BACKUP_RECIPIENTS=0");
    expect(statSync(at("plain")).mode & 0o777).toBe(0o600);
    const { public_key, fingerprint, secret_key } = JSON.parse(readFileSync(at("plain"), "utf8"));
    expect([isSecp256k1Key(Buffer.from(public_key, "hex")), fingerprint.length, secret_key.length]).toEqual([true, 64, 64]);
    expect(made.out).not.toContain(secret_key);
    expect(await covault("backup", "key", at("plain"))).toMatchObject({ code: 2, err: expect.stringContaining("cannot be written") });
  });
  it("seals the secret key under a passphrase, and says what is wrong with a file or a passphrase", async () => {
    expect(readFileSync(at("key"), "utf8")).not.toContain("secret_key");
    const [file] = names();
    const open = (key: string, ...more: string[]) =>
      covault("backup", "open", join(files, file as string), "--key", key, "--print", ...more);
    expect(await open(at("key"))).toMatchObject({ code: 2, err: expect.stringContaining("none was given") });
    writeFileSync(at("wrong"), "Correct horse battery staple\n");
    expect((await open(at("key"), "--passphrase-file", at("wrong"))).err).toContain("the passphrase is another one");
    const altered = (change: (text: string) => string): string => {
      writeFileSync(at("altered"), change(readFileSync(at("key"), "utf8")));
      return at("altered");
    };
    const passphrase = ["--passphrase-file", at("passphrase")];
    expect(
      (
        await open(
          altered((text) => text.replace(/"n": \d+/, '"n": 1073741824')),
          ...passphrase,
        )
      ).err,
    ).toContain("damaged");
    expect(
      (
        await open(
          altered((text) => text.replace('"r": 8', '"r": 1')),
          ...passphrase,
        )
      ).err,
    ).toContain("damaged");
    expect(
      (
        await open(
          altered((text) => text.replace(/"box": "../, '"box": "zz')),
          ...passphrase,
        )
      ).err,
    ).toContain("damaged");
    expect(
      (
        await open(
          altered((text) => text.replace('"version": 1', '"version": 2')),
          ...passphrase,
        )
      ).err,
    ).toContain("version 2");
    expect(
      (
        await open(
          altered(() => "{}"),
          ...passphrase,
        )
      ).err,
    ).toContain("no key of a recipient");
    expect((await open(at("nothing"), ...passphrase)).err).toContain("cannot be read");
  });
});

describe("a passphrase", () => {
  it("of nothing seals nothing: no key pair is made, and none is read", async () => {
    writeFileSync(at("empty line"), "\nsecond line\n");
    const made = await covault("backup", "key", at("unsealed"), "--passphrase-file", at("empty line"));
    expect(made).toMatchObject({ code: 2, out: "", err: expect.stringContaining("first line is empty") });
    expect(readdirSync(folder)).not.toContain("unsealed");
  });
});

describe("covault backup check", () => {
  it("goes on past what is no document: a pipe, a folder, a link to nowhere, a file without end", async () => {
    const hostile = copy("hostile", names());
    spawnSync("mkfifo", [join(hostile, "pipe.json")]);
    mkdirSync(join(hostile, "folder.json"));
    symlinkSync("/dev/zero", join(hostile, "zero.json"));
    symlinkSync(at("nowhere"), join(hostile, "link\u001b[2J.json"));
    writeFileSync(join(hostile, "huge.json"), "");
    truncateSync(join(hostile, "huge.json"), 2 ** 33);
    writeFileSync(join(hostile, "cut.json"), readFileSync(join(files, names()[0] as string)).subarray(0, 9000));
    const { code, out } = await covault("backup", "check", hostile);
    expect([code, out]).toEqual([1, expect.stringContaining("3 of 2 needed, 3 held  yes")]);
    expect(out.match(/it is no file/g)).toHaveLength(3);
    expect(out).not.toContain("\u001b");
    const report = await json("backup", "check", hostile);
    expect(report.faults.map(({ code }: { code: string }) => code).sort()).toEqual([
      "backup/foreign",
      ...Array(5).fill("cli/unreadable-file"),
    ]);
    const key = ["--key", at("key"), "--passphrase-file", at("passphrase"), "--i-know-this-ends-threshold-protection"];
    expect(await covault("recover-key", hostile, ...key, "--print")).toMatchObject({
      code: 0,
      out: expect.stringContaining("private_key"),
      err: expect.stringContaining("it is no file"),
    });
  });
  it("counts what opens to a named recipient alone", async () => {
    const { fingerprint } = JSON.parse(readFileSync(at("key"), "utf8"));
    for (const one of [fingerprint, publicKey]) {
      const { code, out } = await covault("backup", "check", files, "--recipient", one);
      expect([code, out]).toEqual([0, expect.stringContaining(`3 to ${fingerprint.slice(0, 16)}`)]);
    }
    const other = await covault("backup", "check", files, "--recipient", "5a".repeat(32));
    expect([other.code, other.out]).toEqual([1, expect.stringContaining("none of the recipients that count")]);
    expect((await covault("backup", "check", files, "--recipient", "5a")).code).toBe(2);
  });
  it("says for every key which epoch has enough shares, without any key", async () => {
    const { code, out } = await covault("backup", "check", files);
    expect([code, out]).toEqual([0, expect.stringContaining("3 of 2 needed, 3 held")]);
    expect(await json("backup", "check", files)).toMatchObject({
      keys: [{ account_id: "acc_test", backed_up: true, epochs: [{ epoch_number: 0, threshold: 2, holders: 3, backed_up: true }] }],
      faults: [],
    });
  });
  it("exits with 1 when a key has fewer than t, when a file is not right, and when there is nothing", async () => {
    const [one, two, three] = names() as [string, string, string];
    expect(await covault("backup", "check", join(files, one))).toMatchObject({ code: 1, out: expect.stringContaining("NO") });
    const damaged = copy("damaged", [one, two, three]);
    writeFileSync(join(damaged, two), readFileSync(join(files, two), "utf8").replace('"epoch_number":0', '"epoch_number":1'));
    const found = await covault("backup", "check", damaged);
    expect([found.code, found.out]).toEqual([1, expect.stringContaining("damaged")]);
    expect(found.out).toContain(`2 of 2 needed`);
    mkdirSync(at("empty"));
    expect(await covault("backup", "check", at("empty"))).toMatchObject({ code: 1, out: expect.stringContaining("no backups") });
    expect(await covault("backup", "check", at("not there"))).toMatchObject({ code: 2 });
  });
  it("takes a roster with the root's key, or neither", async () => {
    expect(await covault("backup", "check", files, "--roster", at("passphrase"))).toMatchObject({ code: 2 });
    expect(await covault("backup", "check", files, "--roster", at("passphrase"), "--root-key", "00".repeat(32))).toMatchObject({ code: 2 });
  });
});

describe("covault backup open", () => {
  it("gives one share to a file of its owner's, and nowhere else", async () => {
    const [one] = names() as [string];
    const key = ["--key", at("key"), "--passphrase-file", at("passphrase")];
    expect(await covault("backup", "open", join(files, one), ...key)).toMatchObject({ code: 2, err: expect.stringContaining("--out") });
    const { code, out, err } = await covault("backup", "open", join(files, one), ...key, "--out", at("share"));
    const { share, party_id, share_index } = JSON.parse(readFileSync(at("share"), "utf8"));
    expect([code, err, share.length, statSync(at("share")).mode & 0o777]).toEqual([0, "", 64, 0o600]);
    expect(`party-${share_index}`).toBe(party_id);
    expect(out).not.toContain(share);
    const other = await covault("backup", "open", join(files, one), "--key", at("plain"), "--out", at("other"));
    expect([other.code, other.err]).toEqual([2, expect.stringContaining("none of the given keys")]);
  });
});

describe("covault recover-key", () => {
  const key = (): string[] => ["--key", at("key"), "--passphrase-file", at("passphrase")];
  const yes = "--i-know-this-ends-threshold-protection";
  it("does nothing without its long flag, and names no secret", async () => {
    expect(await covault("recover-key", files, ...key(), "--out", at("none"))).toMatchObject({
      code: 2,
      err: expect.stringContaining(yes),
    });
    expect(readdirSync(folder)).not.toContain("none");
    expect(await covault("recover-key", files, ...key(), yes)).toMatchObject({ code: 2, err: expect.stringContaining("--print") });
  });
  it("joins t documents to the private key of the public key, to a file and nowhere else", async () => {
    const two = copy("two", names().slice(1));
    const { code, out, err } = await covault("recover-key", two, ...key(), yes, "--out", at("private"));
    expect([code, err]).toEqual([0, ""]);
    const { private_key, public_key } = JSON.parse(readFileSync(at("private"), "utf8"));
    const { createECDH } = await import("node:crypto");
    const pair = createECDH("secp256k1");
    pair.setPrivateKey(private_key, "hex");
    expect(pair.getPublicKey("hex", "compressed")).toBe(public_key);
    expect(out).toContain(public_key);
    expect(out).not.toContain(private_key);
    expect(statSync(at("private")).mode & 0o777).toBe(0o600);
    expect((await covault("recover-key", two, ...key(), yes, "--print")).out).toContain(private_key);
    // A file that is there is never written over.
    expect(await covault("recover-key", two, ...key(), yes, "--out", at("private"))).toMatchObject({ code: 2 });
  });
  it("says what lacks", async () => {
    const [one] = names() as [string];
    const few = await covault("recover-key", join(files, one), ...key(), yes, "--print");
    expect([few.code, few.out, few.err]).toEqual([2, "", expect.stringContaining("1 of 2 shares")]);
    const plain = await covault("recover-key", files, "--key", at("plain"), yes, "--print");
    expect([plain.code, plain.err]).toEqual([2, expect.stringContaining(publicKey)]);
  });
});
