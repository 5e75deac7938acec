import { stripVTControlCharacters } from "node:util";
import { paletteOf, plain } from "@covault/server/terminal";
import { expect, it } from "vitest";
import { type Column, facts, table } from "./layout.ts";

const columns: readonly Column[] = [
  { name: "account" },
  { name: "user", fit: "end" },
  { name: "status", paint: (text, palette) => palette.green(text) },
  { name: "address", fit: "middle" },
];
const id = `acc_${"0".repeat(26)}`;
const address = `0x${"aB".repeat(20)}`;
const rows = [
  [id, "alice-of-the-long-name-that-nobody-asked-for", "active", address],
  [id, "bob", "creating", ""],
];
const wide = { columns: Number.POSITIVE_INFINITY, palette: plain };
const narrow = { columns: 80, palette: plain };
const longest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));

it("a table fits a terminal of 80 columns: what can be read in part gives way, ids stay whole", () => {
  const text = table(columns, rows, narrow);
  expect(longest(text)).toBeLessThanOrEqual(80);
  expect(text.split("\n")[1]).toMatch(new RegExp(`^${id} {2}alice-.*… {2}active {4}0xaB.*…`));
});

it("a table in a pipe is as wide as what is in it", () => {
  const text = table(columns, rows, wide);
  for (const cell of rows.flat()) expect(text).toContain(cell);
});

it("colour takes no width", () => {
  const painted = table(columns, rows, { ...narrow, palette: paletteOf({ isTTY: true }, {}) });
  expect(stripVTControlCharacters(painted)).toBe(table(columns, rows, narrow));
  expect(painted).toContain("\x1b[32mactive\x1b[39m");
});

it("the last column goes on below itself, words whole", () => {
  const events: readonly Column[] = [{ name: "seq" }, { name: "who and why", fit: "wrap" }];
  const text = table(events, [["1", "server-party-1, server-party-2, server-party-3"]], { columns: 40, palette: plain });
  expect(text).toBe("seq  who and why\n1    server-party-1, server-party-2,\n     server-party-3\n");
});

it("facts wrap at spaces and leave a long value whole, to be copied", () => {
  const text = facts(
    [
      ["parties", "server-party-1 (signed), server-party-2 (signed)"],
      ["key", "0x".padEnd(68, "a")],
    ],
    {
      columns: 40,
      palette: plain,
    },
  );
  expect(text).toBe(`parties  server-party-1 (signed),\n         server-party-2 (signed)\nkey      ${"0x".padEnd(68, "a")}\n`);
});
