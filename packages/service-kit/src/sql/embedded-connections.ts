// The connections to PGlite, which has one session. Its adapter for pg gives all clients the same
// connection: the end of one client's use ends the next client too, and an open transaction or a
// setting stays for whoever comes. Here every client has a connection of its own, and its end
// undoes what the session holds, as the end of a connection to a server does. The next connection
// begins after that.
import type { PGlite } from "@electric-sql/pglite";

export interface EmbeddedConnections {
  /** Makes the connection of one pg client. It begins when all that were made before have ended. */
  readonly make: () => object;
  /** Waits until every connection has ended. After a panic of PostgreSQL that may be never. */
  readonly ended: () => Promise<void>;
}

/** Loads the adapter of PGlite. */
export async function embeddedConnections(pglite: PGlite): Promise<EmbeddedConnections> {
  const { PglitePgConnection } = await import("@electric-sql/pglite/node-postgres");
  let lastEnd: Promise<void> = Promise.resolve();

  class EmbeddedConnection extends PglitePgConnection {
    readonly #formerEnd = lastEnd;
    #hasBegun = false;
    #isEnding = false;

    constructor() {
      super({ pglite });
      const ended = new Promise<void>((resolve) => this.prependOnceListener("end", resolve));
      lastEnd = this.#formerEnd.then(() => ended);
    }

    override async connect(port: number, host: string): Promise<void> {
      this._connecting = true;
      await this.#formerEnd;
      if (this.#isEnding) return;
      this.#hasBegun = true;
      await super.connect(port, host);
    }

    override end(): void {
      if (this.#isEnding) return;
      this.#isEnding = true;
      const waiting = this.rawListeners("end") as (() => void)[];
      if (this.#hasBegun) {
        // After a failed statement nothing is done before a sync.
        this.sync();
        this.query("ROLLBACK");
        this.query("DISCARD ALL");
      }
      // The adapter takes all listeners away, so that the client hears no more answers. But the
      // client and its pool wait for the end.
      super.end();
      this.on("error", () => {});
      for (const listener of waiting) this.on("end", listener);
    }
  }

  return { make: () => new EmbeddedConnection(), ended: () => lastEnd };
}
