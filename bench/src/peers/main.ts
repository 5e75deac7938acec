// `npm run bench:peers`. Ours and the peer run interleaved in one process. The ratio is taken at
// the tenth percentile of each, because a busy machine only ever adds time. The medians stand
// beside it. A run leaves docs/verification/peers.md. With `--json` it prints an object instead.
import { randomBytes } from "node:crypto";
import { encodePairs, encodeRecord, encodeSecret } from "@covault/mpc/dkls23";
import { keygen, online, refresh, sign } from "../dkls23.ts";
import * as frost from "../frost.ts";
import { leave } from "../page.ts";
import { quantile, table } from "../report.ts";
import * as dkls from "./dkls-wasm.ts";
import { loadPeer } from "./install.ts";
import * as mps from "./mps-wasm.ts";
import * as noble from "./noble-frost.ts";

const peer = loadPeer<dkls.DklsWasm>("@silencelaboratories/dkls-wasm-ll-node", "1.1.2");

interface Figure {
  readonly ours: number;
  readonly peer: number;
  readonly oursMedian: number;
  readonly peerMedian: number;
  readonly ratio: number;
  readonly limit: number;
  readonly unit: "ms" | "bytes";
}
const figures: Record<string, Figure> = {};

function race(name: string, limit: number, times: number, warm: number, ours: () => number, theirs: () => number): void {
  const a: number[] = [];
  const b: number[] = [];
  for (let run = -warm; run < times; run++) {
    const mine = ours();
    const other = theirs();
    if (run >= 0) {
      a.push(mine);
      b.push(other);
    }
  }
  put(name, limit, a, b);
}

function put(name: string, limit: number, a: readonly number[], b: readonly number[]): void {
  const [oursP10, peerP10] = [quantile(a, 0.1), quantile(b, 0.1)];
  figures[name] = {
    ours: oursP10,
    peer: peerP10,
    oursMedian: quantile(a, 0.5),
    peerMedian: quantile(b, 0.5),
    ratio: oursP10 / peerP10,
    limit,
    unit: "ms",
  };
}

function compare(name: string, limit: number, ours: number, theirs: number): void {
  figures[name] = { ours, peer: theirs, oursMedian: ours, peerMedian: theirs, ratio: ours / theirs, limit, unit: "bytes" };
}

function timed(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

for (const [t, n] of [
  [2, 3],
  [3, 5],
] as const) {
  race(
    `keygen_${t}_of_${n}`,
    0.12,
    8,
    2,
    () => keygen(t, n).totalMs,
    () => timed(() => dkls.keygen(peer, t, n)),
  );
  const shares = keygen(t, n).outputs.map((output) => output.share);
  const peerShares = dkls.keygen(peer, t, n);
  race(
    `sign_${t}_of_${n}`,
    0.2,
    40,
    10,
    () => sign(shares).totalMs,
    () => {
      const times = dkls.sign(peer, t, peerShares, randomBytes(32));
      return times.presignMs + times.onlineMs;
    },
  );
  if (t === 2) {
    race(
      "refresh_2_of_3",
      0.12,
      8,
      2,
      () => refresh(shares).totalMs,
      () => timed(() => dkls.refresh(peer, peerShares)),
    );
    race(
      "online_2_of_3",
      1,
      60,
      10,
      () => online(shares).totalMs,
      () => dkls.sign(peer, t, peerShares, randomBytes(32)).onlineMs,
    );
    compare("bytes_sign_2_of_3", 0.47, sign(shares).bytesPerParty, dkls.sign(peer, t, peerShares, randomBytes(32)).bytesPerParty);
    const [share] = shares;
    if (share?.pairs === undefined) throw new Error("A fresh share has its pairs.");
    const stored = encodeRecord(share.record).length + encodeSecret(share.secret).length + encodePairs(share.pairs).length;
    compare("stored_share_2_of_3", 0.1, stored, peerShares[0]?.length ?? 0);
  }
}

const eddsa: mps.Mps = {
  ...loadPeer<Pick<mps.Mps, "DKG">>("@bitgo/sdk-lib-mpc", "10.14.0", "/dist/src/tss/eddsa-mps/dkg.js"),
  ...loadPeer<Pick<mps.Mps, "DSG">>("@bitgo/sdk-lib-mpc", "10.14.0", "/dist/src/tss/eddsa-mps/dsg.js"),
};
const { ours: oursDkg, theirs: theirsDkg } = { ours: [] as number[], theirs: [] as number[] };
for (let run = -5; run < 40; run++) {
  const mine = frost.keygen("eddsa-ed25519", 2, 3).totalMs;
  const { ms } = await mps.keygen(eddsa);
  if (run >= 0) {
    oursDkg.push(mine);
    theirsDkg.push(ms);
  }
}
put("frost_ed25519_dkg_2_of_3", 2, oursDkg, theirsDkg);
const frostShares = frost.keygen("eddsa-ed25519", 2, 3).outputs.map((output) => output.share);
const mpsShares = (await mps.keygen(eddsa)).shares;
race(
  "frost_ed25519_sign_2_of_3",
  2,
  200,
  30,
  () => frost.sign(frostShares).totalMs,
  () => mps.sign(eddsa, mpsShares),
);
const dealt = noble.deal();
race(
  "frost_ed25519_sign_vs_noble",
  0.2,
  60,
  20,
  () => frost.sign(frostShares).totalMs,
  () => noble.sign(dealt),
);

if (process.argv.includes("--json")) {
  const entries = Object.entries(figures).map(([name, { ours, peer, ratio, unit, oursMedian, peerMedian }]) => [
    name,
    unit === "ms"
      ? { ours_ms: ours, peer_ms: peer, ratio, ours_median_ms: oursMedian, peer_median_ms: peerMedian }
      : { ours_bytes: ours, peer_bytes: peer, ratio },
  ]);
  console.log(JSON.stringify(Object.fromEntries(entries), null, 2));
} else {
  const show = (value: number, unit: string) => (unit === "ms" ? value.toFixed(2) : String(Math.round(value)));
  const head = ["work", "ours", "peer", "ratio", "at most", "held"];
  const rows = Object.entries(figures).map(([name, f]) => [
    name.replaceAll("_", " "),
    f.unit === "ms" ? `${show(f.ours, f.unit)} (${show(f.oursMedian, f.unit)})` : `${show(f.ours, f.unit)} bytes`,
    f.unit === "ms" ? `${show(f.peer, f.unit)} (${show(f.peerMedian, f.unit)})` : `${show(f.peer, f.unit)} bytes`,
    f.ratio.toFixed(3),
    f.limit.toFixed(2),
    f.ratio <= f.limit ? "yes" : "no",
  ]);
  const about =
    "Ours and the peer interleaved in one process, the whole protocol of all parties in one thread: milliseconds, the tenth percentile, medians in brackets; the ratio is ours to the peer's.";
  console.log(about);
  console.log(table(head, rows));
  leave(
    "peers",
    "Against the peers",
    `\`npm run bench:peers\`. ${about} The peers: @silencelaboratories/dkls-wasm-ll-node 1.1.2 (Rust in WebAssembly), @bitgo/sdk-lib-mpc 10.14.0 for FROST Ed25519 (WebAssembly), @noble/curves.`,
    head,
    rows,
  );
}
