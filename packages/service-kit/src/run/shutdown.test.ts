import { describe, expect, it } from "vitest";
import { makeLogger } from "./log.ts";
import { makeShutdown } from "./shutdown.ts";

const logger = makeLogger({ name: "test", level: "silent" });

describe("shutdown", () => {
  it("stops the parts in the reverse order of their start, once, and goes on past one that fails", async () => {
    const order: string[] = [];
    const shutdown = makeShutdown({ logger });
    shutdown.add("database", () => void order.push("database"));
    shutdown.add("broker", () => {
      order.push("broker");
      throw new Error("gone already");
    });
    shutdown.add("http", async () => void order.push("http"));
    const [first, second] = await Promise.all([shutdown.run("test"), shutdown.run("again")]);
    expect(order).toEqual(["http", "broker", "database"]);
    expect([first, second]).toEqual([["broker"], ["broker"]]);
  });

  it("does not wait longer than the grace time for a part", async () => {
    const shutdown = makeShutdown({ logger, graceMs: 5 });
    shutdown.add("stuck", () => new Promise(() => {}));
    expect(await shutdown.run("test")).toEqual(["stuck"]);
  });
});
