// The stream between one pg client and PGlite. pg writes the messages of a query one by one, and
// each call of PGlite costs more than most statements do. So what is written while the stream is
// corked passes as one buffer. PostgreSQL reads the messages from it as it does from a socket:
// after an error it leaves out everything up to the next Sync.
import { EventEmitter } from "node:events";
import type { PGlite } from "@electric-sql/pglite";
import type { Turn } from "./embedded-turns.ts";

/** Emits `data` with PostgreSQL's answers, and `error` when PGlite itself fails. */
export class EmbeddedStream extends EventEmitter {
  readonly writable = true;
  readonly #pglite: Pick<PGlite, "execProtocolRawStream">;
  readonly #turn: Turn;
  #written: Uint8Array[] = [];
  #isCorked = false;
  #passing: Promise<void> | undefined;

  constructor(pglite: Pick<PGlite, "execProtocolRawStream">, turn: Turn) {
    super();
    this.#pglite = pglite;
    this.#turn = turn;
  }

  cork(): void {
    this.#isCorked = true;
  }

  uncork(): void {
    this.#isCorked = false;
    this.#pass();
  }

  write(message: Uint8Array): boolean {
    this.#written.push(message);
    if (!this.#isCorked) this.#pass();
    return true;
  }

  /** Resolves when everything that was written has been answered. */
  async passed(): Promise<void> {
    while (this.#passing !== undefined) await this.#passing;
  }

  /** The connection says what this does. */
  destroy(): void {}

  /** PGlite keeps no process alive. */
  ref(): void {}
  unref(): void {}

  #pass(): void {
    this.#passing ??= this.#passAll().finally(() => {
      this.#passing = undefined;
      // Something may have been written after the last look.
      if (this.#written.length > 0 && !this.#isCorked) this.#pass();
    });
  }

  async #passAll(): Promise<void> {
    do {
      await this.#turn();
      const buffer = Buffer.concat(this.#written);
      this.#written = [];
      const answers: Buffer[] = [];
      try {
        // The bytes lie in PostgreSQL's memory, which it uses again. The file systems of Node and
        // of the memory have nothing to bring up to date afterwards.
        await this.#pglite.execProtocolRawStream(buffer, { syncToFs: false, onRawData: (bytes) => answers.push(Buffer.from(bytes)) });
        for (const answer of answers) this.emit("data", answer);
      } catch (error) {
        this.emit("error", error);
      }
    } while (this.#written.length > 0 && !this.#isCorked);
  }
}
