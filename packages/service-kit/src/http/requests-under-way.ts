// Which requests a server is still answering, so that it can end without breaking one off.

/** The requests that have no answer yet, without those of open routes. */
export class RequestsUnderWay {
  readonly #ids = new Set<string>();
  #isDraining = false;
  #onNone = (): void => {};

  get isDraining(): boolean {
    return this.#isDraining;
  }

  add(requestId: string): void {
    this.#ids.add(requestId);
  }

  delete(requestId: string): void {
    this.#ids.delete(requestId);
    if (this.#ids.size === 0) this.#onNone();
  }

  /** Resolves when no request is under way, or after `ms`. */
  drain(ms: number): Promise<void> {
    this.#isDraining = true;
    if (this.#ids.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onNone = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
