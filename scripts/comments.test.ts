// Comments are at most 100 columns wide, so that they are read at one glance. Lines of code follow
// the formatter's width.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const columnsMax = 100;

const groups = ["packages", "services", "apps"].flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`));
const folders = [...groups, "bench", "e2e", "examples", "scripts"];

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!["dist", "gen", "node_modules"].includes(entry.name)) yield* sources(path);
    } else if (/\.([tj]s|sql)$/.test(entry.name)) yield path;
  }
}

/** Gives the places of the comment lines that are too wide. */
function tooWide(folder: string): string[] {
  return [...sources(join(root, folder))].flatMap((path) =>
    wideComments(readFileSync(path, "utf8"), extname(path)).map((line) => `${relative(root, path)}:${line}`),
  );
}

/** Gives the numbers of the lines that are a comment, or a part of one, and too wide. */
function wideComments(text: string, extension: string): number[] {
  const beginning = extension === ".sql" ? /^\s*--/ : /^\s*(\/\/|\/\*)/;
  let isInside = false;
  return text.split("\n").flatMap((line, index) => {
    const begins = beginning.test(line);
    const isComment = isInside || begins;
    if (/^\s*\/\*/.test(line)) isInside = true;
    if (line.includes("*/")) isInside = false;
    return isComment && line.length > columnsMax ? [index + 1] : [];
  });
}

it.each(folders)("no comment line in %s is longer than 100 columns", (folder) => {
  expect(tooWide(folder)).toEqual([]);
});

it("a wide line is found in each form of a comment, and not in code", () => {
  const wide = "x".repeat(columnsMax);
  expect(wideComments(`// ${wide}\n/** ${wide} */\n/**\n * ${wide}\n */\nconst a = "${wide}";\n  // ${wide}`, ".ts")).toEqual([1, 2, 4, 7]);
  expect(wideComments(`// ${"x".repeat(columnsMax - 3)}`, ".ts")).toEqual([]);
  expect(wideComments(`-- ${wide}\nselect '${wide}';\n  -- ${wide}`, ".sql")).toEqual([1, 3]);
});
