// The bare protocols beside the system: all parties in one thread, and nothing between them.
import * as dkls23 from "../dkls23.ts";
import * as frost from "../frost.ts";

/** The milliseconds of each run so far. */
export interface BareTimes {
  /** A 2-of-3 signature of ECDSA, by both signers. */
  readonly sign: number[];
  /** A 2-of-3 signature of Ed25519, by both signers. */
  readonly frostSign: number[];
  /** A 2-of-3 key of ECDSA, by all three parties. */
  readonly keygen: number[];
}

export interface Bare {
  readonly times: BareTimes;
  /**
   * Gives the part of a core that the protocols had while they ran. It is near 1 on a quiet
   * machine, and ratios to the protocols mean something only there.
   */
  quiet(): number;
  /** Runs each protocol a few times, for about a third of a second. */
  run(): void;
}

/** Warms the protocols up. */
export function bareProtocols(): Bare {
  const shares = dkls23.keygen(2, 3).outputs.map((output) => output.share);
  const frostShares = frost.keygen("eddsa-ed25519", 2, 3).outputs.map((output) => output.share);
  const times: BareTimes = { sign: [], frostSign: [], keygen: [] };
  let [cpuMs, elapsedMs] = [0, 0];
  const run = (): void => {
    const [usage, started] = [process.cpuUsage(), performance.now()];
    for (let turn = 0; turn < 16; turn++) {
      times.sign.push(dkls23.sign(shares).totalMs);
      times.frostSign.push(frost.sign(frostShares).totalMs);
    }
    times.keygen.push(dkls23.keygen(2, 3).totalMs);
    const { user, system } = process.cpuUsage(usage);
    cpuMs += (user + system) / 1_000;
    elapsedMs += performance.now() - started;
  };
  for (let warm = 0; warm < 3; warm++) run();
  for (const each of Object.values(times) as number[][]) each.length = 0;
  [cpuMs, elapsedMs] = [0, 0];
  return { times, run, quiet: () => cpuMs / elapsedMs };
}
