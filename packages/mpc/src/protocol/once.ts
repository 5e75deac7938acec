// A round's secret state, usable once (dkls23-spec 0.6): running a signing round twice from one state gives away the key.
import { CovaultError } from "@covault/errors";

/** A round's secret state, readable once. It prints and JSON-encodes as empty. */
export class Once<S extends object> {
  #state: S | undefined;

  constructor(state: S) {
    this.#state = state;
  }

  /** The state, the first time. Throws `mpc/round-already-used` ever after. */
  take(): S {
    const state = this.#state;
    this.#state = undefined;
    if (state === undefined) throw new CovaultError("mpc/round-already-used", "This round's state has been used already.");
    return state;
  }
}
