// What every connection to a server promises when the network is bad. A request ends in time, with
// an answer or with an error that says "ask again". The check of the part names the trouble. The
// part works again by itself, soon after the network does.
import dns from "node:dns";
import { type TcpProxy, tcpProxy } from "@covault/testkit/network";
import { afterEach, describe, expect, it, vi } from "vitest";

export interface Part {
  /** Asks the server a question, as a request does. */
  ask(): Promise<unknown>;
  /** Runs the check behind /health/ready. */
  ping(): Promise<unknown>;
  close(): Promise<unknown>;
}
export interface NetworkContract {
  readonly name: string;
  readonly url: string;
  /** Opens the part with times that are short enough for a test. */
  readonly open: (url: string) => Promise<Part>;
  /** The codes that say "ask again". */
  readonly codes: readonly string[];
  /** With those times a request ends within so many milliseconds. */
  readonly endsMs: number;
  /** With those times work goes on within so many milliseconds. */
  readonly healsMs: number;
}

/** The time that a machine may take for other work. */
const slackMs = 1_500;

export function networkContract({ name, url, open, codes, endsMs, healsMs }: NetworkContract): void {
  describe(`${name} over a bad network`, () => {
    const ends: (() => unknown)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
      vi.restoreAllMocks();
    });
    async function opened(through: (proxy: TcpProxy) => string = (proxy) => proxy.through(url)) {
      const proxy = await tcpProxy(url);
      const part = await open(through(proxy));
      ends.push(
        () => proxy.close(),
        () => part.close(),
      );
      await part.ask();
      return { proxy, part };
    }
    /** Gives the code of the refusal, or "answer". Fails when the question takes too long. */
    async function ending(question: () => Promise<unknown>): Promise<string> {
      const beganAt = performance.now();
      const end = await question().then(
        () => "answer",
        (error: { code?: string }) => String(error.code ?? error),
      );
      expect(performance.now() - beganAt, `${name} ended with ${end}`).toBeLessThan(endsMs + slackMs);
      return end;
    }
    async function heals(part: Part): Promise<void> {
      const beganAt = performance.now();
      for (;;) {
        const end = await ending(() => part.ask());
        if (end === "answer") break;
        expect(codes).toContain(end);
        expect(performance.now() - beganAt, "not served again").toBeLessThan(healsMs + slackMs);
      }
      await part.ping();
    }

    it("connections that die without a word: requests under way end, and work goes on over new ones", async () => {
      const { proxy, part } = await opened();
      await Promise.all(Array.from({ length: 4 }, () => part.ask()));
      proxy.silence();
      const under = await Promise.all(Array.from({ length: 4 }, () => ending(() => part.ask())));
      for (const end of under) expect(["answer", ...codes]).toContain(end);
      await heals(part);
    });

    it("a half-open connection, over which the server hears and its answers are lost, is noticed as well", async () => {
      const { proxy, part } = await opened();
      proxy.silence("down");
      expect(["answer", ...codes]).toContain(await ending(() => part.ask()));
      await heals(part);
    });

    it("a frozen server: every request ends and says to ask again, the check fails, and all is well after it", async () => {
      const { proxy, part } = await opened();
      proxy.freeze();
      for (let turn = 0; turn < 3; turn++) expect(codes).toContain(await ending(() => part.ask()));
      expect(await ending(() => part.ping())).not.toBe("answer");
      proxy.thaw();
      await heals(part);
    });

    it("a server that is gone: requests end and say to ask again, and all is well when it is back", async () => {
      const { proxy, part } = await opened();
      await proxy.refuse();
      proxy.cut();
      for (let turn = 0; turn < 3; turn++) expect(codes).toContain(await ending(() => part.ask()));
      expect(await ending(() => part.ping())).not.toBe("answer");
      await proxy.accept();
      await heals(part);
    });

    it("a slow network is no dead one", async () => {
      const { proxy, part } = await opened();
      proxy.slow(20);
      for (let turn = 0; turn < 3; turn++) expect(await ending(() => part.ask())).toBe("answer");
      await part.ping();
    });

    it("a server that comes back under another address is found: its name is looked up again", async () => {
      let address = "127.0.0.1";
      const lookup = dns.lookup;
      const named: unknown = (host: string, options: dns.LookupOptions, answer: (...all: unknown[]) => void) => {
        if (host !== "moving.test") return (lookup as (...all: unknown[]) => void)(host, options, answer);
        process.nextTick(() => (options.all ? answer(null, [{ address, family: 4 }]) : answer(null, address, 4)));
      };
      vi.spyOn(dns, "lookup").mockImplementation(named as typeof dns.lookup);
      const { proxy, part } = await opened((before) => before.through(url).replace("127.0.0.1", "moving.test"));
      const elsewhere = await tcpProxy(url, { host: "127.0.0.2", port: proxy.port });
      ends.push(() => elsewhere.close());
      await proxy.refuse();
      proxy.silence();
      address = "127.0.0.2";
      await heals(part);
      expect(elsewhere.taken).toBeGreaterThan(0);
    });
  });
}
