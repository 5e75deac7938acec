import { CovaultError } from "@covault/errors";
import { makeLogger } from "@covault/service-kit/run";
import { afterEach, describe, expect, it, vi } from "vitest";
import { exitCodeOf, makeScreen, paletteOf, progressOn } from "./index.ts";

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 80, write: (text: string) => void written.push(text), text: () => written.join(""), written };
}
const csi = "\x1b[";

describe("colour", () => {
  it.each([
    ["a terminal has it", true, {}, true],
    ["a pipe has none", false, {}, false],
    ["NO_COLOR takes it away", true, { NO_COLOR: "1" }, false],
    ["an empty NO_COLOR says nothing", true, { NO_COLOR: "" }, true],
    ["TERM=dumb has none", true, { TERM: "dumb" }, false],
    ["FORCE_COLOR gives it to a pipe", false, { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR wins over NO_COLOR", true, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
    ["FORCE_COLOR=0 takes it away", true, { FORCE_COLOR: "0" }, false],
  ])("%s", (_, isTTY, env, coloured) => {
    expect(paletteOf({ isTTY }, env).green("yes")).toBe(coloured ? `${csi}32myes${csi}39m` : "yes");
  });
});

describe("progress", () => {
  afterEach(() => void vi.useRealTimers());

  it("says at a terminal what is waited for and for how long, on one line that is gone afterwards", async () => {
    vi.useFakeTimers();
    const screen = stream(true);
    let done = (_value: number): void => {};
    const waiting = progressOn(screen, {}).during("Making the key", new Promise<number>((resolve) => (done = resolve)));
    await vi.advanceTimersByTimeAsync(300);
    expect(screen.text(), "what ends soon is not shown").toBe("");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(screen.text()).toContain("Making the key, 2 s");
    expect(screen.text()).not.toContain("\n");
    done(7);
    expect(await waiting).toBe(7);
    expect(screen.written.at(-1)).toBe(`\r${csi}2K`);
  });

  it("fits the terminal, ends with what it waited for when that fails, and shows nothing in a pipe", async () => {
    vi.useFakeTimers();
    const [narrow, pipe] = [{ ...stream(true), columns: 20 }, stream(false)];
    for (const screen of [narrow, pipe]) {
      let fail = (_error: Error): void => {};
      const waiting = progressOn(screen, {}).during("a text of thirty characters ...", new Promise((_, reject) => (fail = reject)));
      const refused = expect(waiting).rejects.toThrow("in vain");
      await vi.advanceTimersByTimeAsync(3_000);
      fail(new Error("in vain"));
      await refused;
    }
    const lines = narrow.text().split(`\r${csi}2K`);
    expect(Math.max(...lines.map((line) => line.length))).toBe(19);
    expect(pipe.text()).toBe("");
  });
});

describe("a program that stays up", () => {
  const speak = (isTTY: boolean) => {
    const out = stream(isTTY);
    const screen = makeScreen(out, { NO_COLOR: "1" });
    const logger = makeLogger({ name: "covault", level: "info", destination: screen.log });
    screen.print("Started:");
    screen.print("");
    logger.child({ service: "router" }).warn({ err: new CovaultError("router/peer-offline", "It is away."), peer: "p1" }, "not delivered");
    screen.stopping();
    screen.stopped([]);
    return out.text();
  };

  it("has at a terminal lines for a person only, its log among them, and says on one line that it stops and has stopped", () => {
    const text = speak(true);
    expect(text).not.toMatch(/[{}]/);
    expect(text).toMatch(/^Started:\n\n\d\d:\d\d:\d\d warn {2}router: not delivered peer=p1\n {2}It is away\. \(router\/peer-offline\)\n/);
    expect(text.endsWith("\nStopping... Stopped.\n")).toBe(true);
  });

  it("has in a pipe JSON only", () => {
    const lines = speak(false)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { level: string; msg: string });
    expect(lines.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      "info Started:",
      "warn not delivered",
      "info Stopping...",
      "info Stopped.",
    ]);
  });

  it("shows no progress any more once it stops", async () => {
    vi.useFakeTimers();
    const out = stream(true);
    const screen = makeScreen(out, { NO_COLOR: "1" });
    void screen.during("Making the key", new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(1_000);
    screen.stopping();
    await vi.advanceTimersByTimeAsync(1_000);
    screen.stopped([]);
    vi.useRealTimers();
    expect(out.text().endsWith(`\r${csi}2K\nStopping... Stopped.\n`)).toBe(true);
  });

  it("names at its end the parts that did not stop, below what the log said meanwhile", () => {
    const out = stream(true);
    const screen = makeScreen(out, { NO_COLOR: "1" });
    screen.stopping();
    screen.print("the database takes its time");
    screen.stopped(["database"]);
    expect(out.text()).toBe("\nStopping... \nthe database takes its time\nStopping... Did not stop in order: database.\n");
  });
});

describe("exit codes", () => {
  it.each([
    ["the caller's fault", new CovaultError("config/bad-value", "x"), 2],
    ["the world's", new CovaultError("sdk/unreachable", "x"), 3],
    ["a cheating party's", new CovaultError("mpc/ot-check-failed", "x"), 4],
    ["ours", new CovaultError("mpc/invariant", "x"), 1],
    ["an error without a code", new Error("x"), 1],
    ["a refusal with a code of another version", { code: "account/of-tomorrow", status: 409 }, 2],
    ["a failure with a code of another version", { code: "account/of-tomorrow", status: 500 }, 1],
  ])("%s", (_, error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
