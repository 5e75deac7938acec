import { expect, it } from "vitest";
import { embeddedDatabase } from "../../test/embedded.ts";

it("an embedded database with queries waiting lets the event loop turn between them", async () => {
  const database = await embeddedDatabase();
  await database.ping();
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const before = turns;
  await Promise.all(Array.from({ length: 400 }, () => database.pool.query("SELECT $1::int", [1])));
  isOver = true;
  // Each query has five protocol messages, and 32 messages pass between two turns.
  expect(turns - before).toBeGreaterThan(50);
  await database.close();
});
