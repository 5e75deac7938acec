// This file lists, round by round, what an abort of a signature or a presignature overwrites.
import type { Erasable } from "../../protocol/index.ts";
import { pairSecrets } from "../pairs.ts";
import type { CheckedState } from "./check.ts";
import type { Bob, Round1State } from "./round1.ts";
import type { Round2State } from "./round2.ts";
import type { Round3State } from "./round3.ts";
import type { Quorum } from "./setup.ts";

/** Gives a quorum's copies of the share and of the pairs. The caller's own stay. */
export const quorumSecrets = ({ share, pairs }: Quorum): readonly Erasable[] => [share, ...[...pairs.values()].flatMap(pairSecrets)];

const bobSecrets = (bobs: Round1State["bobs"]): readonly Erasable[] => [...bobs.values()].flatMap(ofBob);
const ofBob = ({ chi, ot }: Bob): readonly Erasable[] => [chi, ot.choices, ot.v];

export function secretsOf(state: Round1State | CheckedState | Round2State | Round3State): readonly Erasable[] {
  if (state.round === "sign/3") return [state.w, state.u];
  const { phi, r, rho, bobs } = state;
  const common = [phi, r, rho, ...bobSecrets(bobs)];
  if (state.round === "sign/2") return [...common, state.sk, state.cu, state.cv];
  if (state.round === "sign/1") return [...common, ...quorumSecrets(state.quorum)];
  return [...common, ...quorumSecrets(state.quorum), ...[...state.alices.values()].flatMap(({ delta, w }) => [delta, w])];
}
