// A round's secret state is usable once (dkls23-spec 0.6), since running a signing round twice from
// one state gives away the key. This file is also the one place where an abort wipes a state
// (dkls23-spec 0.1).
import { CovaultError } from "@covault/errors";
import { type Erasable, erase } from "./erase.ts";

/**
 * Remembers a secret that a round makes, so that it is overwritten if the round fails later on.
 * Gives it back.
 */
export type Keep = <B extends Erasable>(secret: B) => B;

/** A round's secret state, readable once. It prints and JSON-encodes as empty. */
export class Once<S extends object> {
  #state: S | undefined;
  #secrets: readonly (Erasable | undefined)[];

  /** Takes over a state. `secrets` has every array of the state that an abort has to overwrite. */
  constructor(state: S, secrets: readonly (Erasable | undefined)[]) {
    this.#state = state;
    this.#secrets = secrets;
  }

  /**
   * Gives the state, the first time, and the caller wipes it. Throws `mpc/round-already-used` ever
   * after.
   */
  take(): S {
    const state = this.#state;
    this.#state = undefined;
    this.#secrets = [];
    if (state === undefined) throw new CovaultError("mpc/round-already-used", "This round's state has been used already.");
    return state;
  }

  /**
   * Runs a round on the state, the only time. If the round throws, the secrets of the state and
   * those that the round kept are overwritten. Throws `mpc/round-already-used`, and what the round
   * throws.
   */
  use<T>(round: (state: S, keep: Keep) => T): T {
    const secrets = [...this.#secrets];
    const state = this.take();
    const keep: Keep = (secret) => {
      secrets.push(secret);
      return secret;
    };
    try {
      return round(state, keep);
    } catch (failed) {
      erase(...secrets);
      throw failed;
    }
  }

  /**
   * Overwrites the secrets of a session that ends before this state was used. It does nothing to a
   * state that was used.
   */
  wipe(): void {
    erase(...this.#secrets);
    this.#secrets = [];
    this.#state = undefined;
  }
}
