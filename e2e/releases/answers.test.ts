// Every later version answers what it was asked at a release as the release did, plus fields
// (docs/versions.md). The lists are those below `kept`, and the one of the present build, which is
// asked twice.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cleanUp, preparedDataDir, startSystem } from "../system.ts";
import { type AnsweredStep, ask, lost, type Step, steps } from "./answers.ts";
import { kept, keptReleases } from "./folder.ts";

describe("lost", () => {
  it("names what is gone, of another type, or another word, and nothing that is new", () => {
    const before = { code: "a/b", list: [{ n: 1, s: null }], id: "x", gone: true };
    expect(lost(before, { ...before, id: "y", list: [{ n: 2, s: "now", more: 1 }, {}] })).toEqual([]);
    expect(lost(before, { code: "a/c", list: [{ n: "1" }], id: 5 })).toEqual([
      "/code is a/c, and was a/b",
      "/list/0/n is string, and was number",
      "/list/0/s is gone",
      "/id is number, and was string",
      "/gone is undefined, and was boolean",
    ]);
    expect(lost(before, { ...before, list: [] })).toEqual(["/list has 0 entries, and had 1"]);
  });
});

describe("the answers of a release", () => {
  afterAll(cleanUp);

  /** Asks a system that has never been asked anything. */
  async function asked(list: readonly Step[]): Promise<readonly AnsweredStep[]> {
    const system = await startSystem({ dataDir: await preparedDataDir() });
    const answered = await ask(system.call, list);
    expect(await system.end("SIGTERM")).toBe(0);
    return answered;
  }
  async function answersAlike(before: readonly AnsweredStep[]): Promise<void> {
    const now = await asked(before);
    const differences = before.flatMap(({ name, status, answer }, at) => {
      const { status: nowStatus, answer: nowAnswer } = now[at] as AnsweredStep;
      return status === nowStatus
        ? lost(answer, nowAnswer, name)
        : [`${name}: ${nowStatus} ${JSON.stringify(nowAnswer)}, and was ${status}`];
    });
    expect(differences).toEqual([]);
  }

  it("are given by the present build again", async () => {
    const first = await asked(steps);
    keep(first);
    const outcomes = new Set(first.map(({ status }) => status));
    for (const status of [200, 201, 202, 400, 401, 404, 409]) expect(outcomes).toContain(status);
    expect(first.filter(({ status }) => status >= 500)).toEqual([]);
    await answersAlike(first);
  }, 300_000);

  it.each(keptReleases())(
    "%s are given by the present build",
    (version) => answersAlike(JSON.parse(readFileSync(join(kept, version, "answers.json"), "utf8"))),
    300_000,
  );
});

/** Keeps the answers for good with npm run keep-release. */
function keep(answers: readonly AnsweredStep[]): void {
  const folder = process.env.KEEP_RELEASE;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "answers.json"), `${JSON.stringify(answers, undefined, 2)}\n`);
}
