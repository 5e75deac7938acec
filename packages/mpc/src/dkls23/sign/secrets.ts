// This file lists, round by round, what an abort of a signature or a presignature overwrites.
import type { Erasable } from "../../protocol/index.ts";
import { pairSecrets } from "../pairs.ts";
import type { CheckedState } from "./check.ts";
import type { Bob, Round1Run, Round1State } from "./round1.ts";
import type { Round2State } from "./round2.ts";
import type { Round3State } from "./round3.ts";
import type { Quorum } from "./setup.ts";

/** Gives a quorum's copies of the share and of the pairs. The caller's own stay. */
export const quorumSecrets = ({ share, pairs }: Quorum): readonly Erasable[] => [share, ...[...pairs.values()].flatMap(pairSecrets)];

const ofBob = ({ chi, ot }: Bob): readonly Erasable[] => [chi, ot.choices, ot.v];
const ofRun = ({ phi, r, rho, bobs }: Pick<Round1Run, "phi" | "r" | "rho" | "bobs">): readonly Erasable[] => [
  ...[phi, r, rho],
  ...[...bobs.values()].flatMap(ofBob),
];

export function secretsOf(state: Round1State | CheckedState | Round2State | Round3State): readonly Erasable[] {
  switch (state.round) {
    case "sign/1":
      return [...quorumSecrets(state.quorum), ...state.runs.flatMap(ofRun)];
    case "sign/1-checked": {
      const alices = state.runs.flatMap((run) => [...run.alices.values()]);
      return [...quorumSecrets(state.quorum), ...state.runs.flatMap(ofRun), ...alices.flatMap(({ delta, w }) => [delta, w])];
    }
    case "sign/2":
      return state.runs.flatMap((run) => [...ofRun(run), run.sk, run.cu, run.cv]);
    case "sign/3":
      return state.runs.flatMap(({ w, u }) => [w, u]);
  }
}
