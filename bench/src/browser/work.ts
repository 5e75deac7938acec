// The work that Node and a browser are compared on. It runs in either, in turn. The figures are
// milliseconds of a whole protocol, with all parties in one thread.
import { keygen, sign } from "../dkls23.ts";
import { quantile } from "../report.ts";

export interface Figures {
  readonly name: string;
  readonly p10: number;
  readonly median: number;
}

export function measure(runs: number): readonly Figures[] {
  const shares = keygen(2, 3).outputs.map(({ share }) => share);
  const works = [
    { name: "sign 2 of 3", count: 8 * runs, run: () => sign(shares).totalMs },
    { name: "keygen 2-of-3", count: runs, run: () => keygen(2, 3).totalMs },
  ];
  return works.map(({ name, count, run }) => {
    for (let warm = 0; warm < count; warm++) run();
    const samples = Array.from({ length: count }, run);
    return { name, p10: quantile(samples, 0.1), median: quantile(samples, 0.5) };
  });
}
