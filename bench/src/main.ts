// `npm run bench`: keygen and sign, whole protocol, all parties in one thread, warmed up. Medians; bytes that one party sends; heap.
import { keygen, sign } from "./dkls23.ts";
import { quantile, table } from "./report.ts";

const runs = { keygen: 7, sign: 40 };
const rows: string[][] = [];
const ms = (value: number) => value.toFixed(value < 10 ? 2 : 1);

for (const [t, n] of [
  [2, 2],
  [2, 3],
  [3, 5],
] as const) {
  for (const [name, count, work] of [
    ["keygen", runs.keygen, () => keygen(t, n)],
    ["sign", runs.sign, (shares = keygen(t, n).outputs.map((output) => output.share)) => sign(shares)],
  ] as const) {
    const shares = name === "sign" ? keygen(t, n).outputs.map((output) => output.share) : undefined;
    for (let warm = 0; warm < (name === "sign" ? 10 : 2); warm++) work(shares);
    const heapBefore = process.memoryUsage().heapUsed;
    const results = Array.from({ length: count }, () => work(shares));
    const heap = Math.max(0, process.memoryUsage().heapUsed - heapBefore) / count;
    const totals = results.map((run) => run.totalMs);
    const rounds = (results[0]?.roundMs ?? []).map((_, round) =>
      quantile(
        results.map((run) => run.roundMs[round] as number),
        0.5,
      ),
    );
    rows.push([
      `${name} ${t}-of-${n}`,
      ms(quantile(totals, 0.5)),
      ms(quantile(totals, 0.1)),
      rounds.map(ms).join(" + "),
      String(Math.round(results[0]?.bytesPerParty ?? 0)),
      `${Math.round(heap / 1024)} kB`,
    ]);
  }
}
console.log("Whole protocol, all parties in one thread, milliseconds.");
console.log(table(["work", "median", "p10", "by round", "bytes per party", "heap per run"], rows));
