// These tests start `covault start` as a person does: at a terminal of 80 columns (util-linux's
// `script`), ended by Ctrl-C, and started again. start.test.ts starts it through a pipe.
import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { cleanUp, covault, freePorts, newDataDir } from "./system.ts";

afterAll(cleanUp);

/** Gives what stood on the screen until Ctrl-C, what came after it, and the exit code. */
async function atTerminal(dataDir: string): Promise<{ screen: string; end: string; code: number | null }> {
  const [account, coordinator, router, api] = await freePorts(4);
  const ports = { ACCOUNT_PORT: account, COORDINATOR_PORT: coordinator, ROUTER_PORT: router, SERVER_PARTY_API_PORT: api };
  const env = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]));
  const command = `stty cols 80; exec ${process.execPath} ${covault} start`;
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    cwd: dataDir,
    env: { PATH: process.env.PATH ?? "", TERM: "xterm", DATA_DIR: dataDir, ...env },
    stdio: "pipe",
  });
  let text = "";
  let upAt = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    const up = "Covault is up. Ctrl-C stops it.\r\n";
    if (upAt > 0 || !text.includes(up)) return;
    upAt = text.indexOf(up) + up.length;
    child.stdin.write("\x03");
  });
  const code = await new Promise<number | null>((ended) => child.once("close", ended));
  return { screen: text.slice(0, upAt), end: text.slice(upAt), code };
}

/** Gives the lines as they stay, without what progress has drawn and taken away again. */
const linesOf = (screen: string): string[] =>
  screen.split("\r\n").map((line) => stripVTControlCharacters(line.slice(line.lastIndexOf("\r\x1b[2K") + 1).replace(/^\r/, "")));

describe("at a terminal", () => {
  it("a first and a second start speak to a person, fit 80 columns and sign with one key, and Ctrl-C is answered", async () => {
    const dataDir = newDataDir();
    const accounts: (string | undefined)[] = [];
    for (const time of ["first", "second"]) {
      const { screen, end, code } = await atTerminal(dataDir);
      const lines = linesOf(screen);
      expect(screen, time).toContain("\x1b[32m  verified by OpenSSL\x1b[39m");
      const wide = lines.filter((line) => line.length > 80 && !line.includes(dataDir));
      expect(wide, time).toEqual([]);
      // The screen shows neither JSON nor a line of the log.
      expect(
        lines.filter((line) => /^\{|^\d\d:\d\d:\d\d /.test(line)),
        time,
      ).toEqual([]);
      expect([end.replace("^C", ""), code], time).toEqual(["\r\nStopping... Stopped.\r\n", 0]);
      accounts.push(/account {3}(acc_\w+)/.exec(lines.join("\n"))?.[1]);
      expect(lines.includes("Making a 2-of-3 key: three parties, no dealer."), time).toBe(time === "first");
    }
    expect(accounts).toEqual([expect.stringMatching(/^acc_/), accounts[0]]);
  }, 180_000);
});
