// Malformed and changed messages go through the decoders and through the rounds. They meet never
// anything but a CovaultError, nothing is accepted that is not what its encoder writes, and nothing
// takes long. A bounded part runs always, with one seed. `npm run fuzz` runs 1,000,000 and 20,000
// with a fresh seed (or COVAULT_FUZZ_SEED) and leaves a dated table in docs/verification/fuzz.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { CovaultError } from "@covault/errors";
import { afterAll, describe, expect, it } from "vitest";
import { decoders } from "./fuzz/decoders.ts";
import { Dice, mutate, mutateInPlace, same } from "./fuzz/mutate.ts";
import { targets } from "./fuzz/rounds.ts";

const whole = process.env.COVAULT_FUZZ === "whole";
const seed = process.env.COVAULT_FUZZ_SEED ?? (whole ? `${Date.now()}` : "covault");
const counts = whole ? { decoders: 1_000_000, rounds: 20_000 } : { decoders: 20_000, rounds: 250 };
/** No message may keep a party busy for longer. */
const slowMs = 30_000;

interface Row {
  readonly name: string;
  messages: number;
  refused: number;
  slowestMs: number;
  readonly codes: Map<string, number>;
}
const rows: Row[] = [];
const rowOf = (name: string): Row => {
  const row = rows.find((each) => each.name === name) ?? { name, messages: 0, refused: 0, slowestMs: 0, codes: new Map() };
  if (!rows.includes(row)) rows.push(row);
  return row;
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/**
 * Gives the code that the message was refused with, or undefined if it was accepted. Anything but a
 * CovaultError is a crash and goes on.
 */
function refusal(row: Row, run: () => unknown): string | undefined {
  row.messages++;
  const started = performance.now();
  let code: string | undefined;
  try {
    if (run() === undefined) code = "refused";
  } catch (error) {
    if (!(error instanceof CovaultError)) throw error;
    code = error.code;
  }
  const ms = performance.now() - started;
  row.slowestMs = Math.max(row.slowestMs, ms);
  if (ms > slowMs) throw new Error(`${row.name} took ${Math.round(ms)} ms`);
  if (code === undefined) return undefined;
  row.refused++;
  row.codes.set(code, (row.codes.get(code) ?? 0) + 1);
  return code;
}
/** Lets the runner breathe. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const minutes = (n: number): number => n * 60_000;

describe(`seed ${seed}`, () => {
  it(
    `${counts.decoders} messages through the decoders: refused in their own words, or exactly what the encoder writes`,
    async () => {
      const dice = new Dice(`${seed}/decoders`);
      const all = decoders();
      for (const { name, samples, reencode } of all)
        for (const sample of samples) expect(hex(reencode(sample) as Uint8Array), name).toBe(hex(sample));
      for (let k = 0; k < counts.decoders; k++) {
        const { name, samples, reencode } = all[k % all.length] as (typeof all)[number];
        const bytes = mutate(dice.pick(samples), dice, samples);
        let read: Uint8Array | undefined;
        try {
          const code = refusal(rowOf(name), () => {
            read = reencode(bytes);
            return read;
          });
          if (code === undefined && !same(read as Uint8Array, bytes)) throw new Error("accepted, and stands for other bytes");
        } catch (error) {
          throw new Error(`seed ${seed}, message ${k}, ${name}: ${hex(bytes)}`, { cause: error });
        }
        if (k % 2_000 === 0) await pause();
      }
    },
    minutes(60),
  );

  it(
    `${counts.rounds} changed messages through the rounds: none is accepted`,
    async () => {
      const dice = new Dice(`${seed}/rounds`);
      const all = targets();
      for (const target of all) expect(() => target.run(1, target.body(1).honest), target.name).not.toThrow();
      for (let k = 0; k < counts.rounds; k++) {
        const target = all[k % all.length] as (typeof all)[number];
        const round = 1 + dice.below(target.rounds);
        const { honest, others } = target.body(round);
        let body = honest;
        while (same(body, honest)) body = (dice.below(8) === 0 ? mutate : mutateInPlace)(honest, dice, others);
        const where = `seed ${seed}, message ${k}, ${target.name}, round ${round}`;
        let code: string | undefined;
        try {
          code = refusal(rowOf(target.name), () => {
            target.run(round, body);
            return true;
          });
        } catch (error) {
          throw new Error(`${where}: ${hex(body)}`, { cause: error });
        }
        if (code === undefined) throw new Error(`${where} was accepted: ${hex(body)}`);
        if (k % 25 === 0) await pause();
      }
    },
    minutes(60),
  );
});

afterAll(() => {
  if (!whole) return;
  const line = ({ name, messages, refused, slowestMs, codes }: Row): string => {
    const told = [...codes].sort(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
    return `| ${name} | ${messages} | ${refused} | ${messages - refused} | ${Math.ceil(slowestMs)} | ${told.join(", ")} |`;
  };
  const folder = new URL("../../../docs/verification/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    new URL("fuzz.md", folder),
    `# Malformed messages

\`npm run fuzz\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, seed \`${seed}\` (\`COVAULT_FUZZ_SEED=${seed} npm run fuzz\` repeats it). No crash, nothing slow. What a decoder
took is exactly what its encoder writes for it: a changed secret is still a secret. The rounds took nothing.

| what | messages | refused | taken | slowest, ms | told |
|---|---|---|---|---|---|
${rows.map(line).join("\n")}
`,
  );
  console.log(`seed ${seed}: ${rows.reduce((sum, { messages }) => sum + messages, 0)} messages, docs/verification/fuzz.md`);
});
