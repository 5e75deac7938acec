// `npm run bench`. Runs every protocol as a whole, with all parties in one thread, warmed up. It
// prints medians, the bytes that one party sends, and the heap.
import type { Run } from "./all-parties.ts";
import * as dkls23 from "./dkls23.ts";
import * as frost from "./frost.ts";
import { quantile, table } from "./report.ts";

interface Work {
  readonly name: string;
  readonly runs: number;
  /** Makes what the work needs, untimed, and gives the work. */
  readonly prepare: () => () => Run<unknown>;
}

const sizes = [
  [2, 2],
  [2, 3],
  [3, 5],
] as const;
const sharesOf = (t: number, n: number) => dkls23.keygen(t, n).outputs.map((output) => output.share);
const works: Work[] = [
  ...sizes.flatMap(([t, n]): Work[] => [
    { name: `DKLs23 keygen ${t}-of-${n}`, runs: 7, prepare: () => () => dkls23.keygen(t, n) },
    {
      name: `DKLs23 sign ${t}-of-${n}`,
      runs: 40,
      prepare: () => {
        const shares = sharesOf(t, n);
        return () => dkls23.sign(shares);
      },
    },
  ]),
  {
    name: "DKLs23 batch of 64, 2-of-3",
    runs: 5,
    prepare: () => {
      const shares = sharesOf(2, 3);
      return () => dkls23.signBatch(shares, 64);
    },
  },
  {
    name: "DKLs23 refresh 2-of-3",
    runs: 7,
    prepare: () => {
      const shares = sharesOf(2, 3);
      return () => dkls23.refresh(shares);
    },
  },
  {
    name: "DKLs23 online step 2-of-3",
    runs: 40,
    prepare: () => {
      const shares = sharesOf(2, 3);
      return () => dkls23.online(shares);
    },
  },
  ...(["eddsa-ed25519", "schnorr-bip340"] as const).flatMap((scheme) =>
    ([sizes[1], sizes[2]] as const).flatMap(([t, n]): Work[] => [
      { name: `FROST ${scheme} keygen ${t}-of-${n}`, runs: 20, prepare: () => () => frost.keygen(scheme, t, n) },
      {
        name: `FROST ${scheme} sign ${t}-of-${n}`,
        runs: 100,
        prepare: () => {
          const shares = frost.keygen(scheme, t, n).outputs.map((output) => output.share);
          return () => frost.sign(shares);
        },
      },
    ]),
  ),
];

const ms = (value: number) => value.toFixed(value < 10 ? 2 : 1);
const rows = works.map(({ name, runs, prepare }) => {
  const work = prepare();
  for (let warm = 0; warm < Math.ceil(runs / 4); warm++) work();
  const heapBefore = process.memoryUsage().heapUsed;
  const results = Array.from({ length: runs }, work);
  const heap = Math.max(0, process.memoryUsage().heapUsed - heapBefore) / runs;
  const totals = results.map((run) => run.totalMs);
  const byRound = (results[0]?.roundMs ?? []).map((_, round) =>
    quantile(
      results.map((run) => run.roundMs[round] as number),
      0.5,
    ),
  );
  const bytes = String(Math.round(results[0]?.bytesPerParty ?? 0));
  return [name, ms(quantile(totals, 0.5)), ms(quantile(totals, 0.1)), byRound.map(ms).join(" + "), bytes, `${Math.round(heap / 1024)} kB`];
});
console.log("Whole protocol, all parties in one thread, milliseconds.");
console.log(table(["work", "median", "p10", "by round", "bytes per party", "heap per run"], rows));
