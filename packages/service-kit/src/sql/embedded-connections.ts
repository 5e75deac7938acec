// The connections to PGlite, which has one session. Its adapter for pg gives all clients the same
// connection: the end of one client's use ends the next client too, and an open transaction or a
// setting stays for whoever comes. Here every client has a connection of its own, and its end
// undoes what the session holds, as the end of a connection to a server does. The next connection
// begins after that.
import type { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { EmbeddedStream } from "./embedded-stream.ts";
import { takeTurns } from "./embedded-turns.ts";

export interface EmbeddedConnections {
  /** Makes the connection of one pg client. It begins when all that were made before have ended. */
  readonly make: () => object;
  /** Waits until every connection has ended. After a panic of PostgreSQL that may be never. */
  readonly ended: () => Promise<void>;
}

/** What pg's connection has and its types do not say. */
interface PgConnection extends pg.Connection {
  _connecting: boolean;
  connect(port: number, host: string): void;
  attachListeners(stream: object): void;
}
const PgConnection = pg.Connection as unknown as new (config: { readonly stream: object }) => PgConnection;

export function embeddedConnections(pglite: Pick<PGlite, "execProtocolRawStream">): EmbeddedConnections {
  const turn = takeTurns();
  let lastEnd: Promise<void> = Promise.resolve();

  class EmbeddedConnection extends PgConnection {
    readonly #formerEnd = lastEnd;
    readonly #stream: EmbeddedStream;
    #hasBegun = false;
    #isEnding = false;

    constructor() {
      const stream = new EmbeddedStream(pglite, turn);
      super({ stream });
      this.#stream = stream;
      stream.destroy = () => this.end();
      const ended = new Promise<void>((resolve) => this.once("end", resolve));
      lastEnd = this.#formerEnd.then(() => ended);
    }

    /** The session stands since PGlite was opened, so nothing is said before the first query. */
    override async connect(): Promise<void> {
      this._connecting = true;
      await this.#formerEnd;
      if (this.#isEnding) return;
      this.#hasBegun = true;
      this.#stream.on("error", (error) => this.emit("error", error));
      this.attachListeners(this.#stream);
      this.emit("readyForQuery");
    }

    override end(): void {
      if (this.#isEnding) return;
      this.#isEnding = true;
      if (this.#hasBegun) {
        this.#stream.removeAllListeners();
        // The client hears no more. A database that has failed is said by whoever asks next.
        this.#stream.on("error", () => {});
        this.#stream.cork();
        // After a failed statement nothing is done before a sync.
        this.sync();
        this.query("ROLLBACK");
        this.query("DISCARD ALL");
        this.#stream.uncork();
      }
      void this.#stream.passed().then(() => this.emit("end"));
    }
  }

  return { make: () => new EmbeddedConnection(), ended: () => lastEnd };
}
