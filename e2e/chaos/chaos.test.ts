// These tests let faults happen under a working cluster. The suite has five faults of different
// kinds, in the order of a fixed seed (SEED gives another one). `npm run chaos -- --seconds N
// --seed S` has every kind, goes on as long as asked, and writes the dated table
// docs/verification/chaos.md.
import { describe, expect, it } from "vitest";
import { withServer } from "../../packages/service-kit/test/real-servers.ts";
import { kindsMin } from "./plan.ts";
import { runChaos } from "./run-chaos.ts";
import { writeTable } from "./table.ts";

const asked = process.env.CHAOS_SECONDS;
const seconds = Number(asked ?? 0);
const faultsMin = asked === undefined ? 5 : kindsMin.length;
const seed = Number(process.env.SEED ?? 1);
/** The time for starting, the faults, healing, the last questions, and stopping. */
const besideMs = 400_000;

await withServer("PostgreSQL", (postgres) =>
  withServer("RabbitMQ", (rabbitmq) =>
    withServer("Redis", (redis) => {
      describe(`chaos, seed ${seed}`, () => {
        it(
          "every request ends, every active account signs, no key has two results, and honest parties hold nothing against each other",
          async () => {
            const servers = { postgres: at(postgres, "/postgres"), rabbitmq, redis: at(redis, "/7") };
            const report = await runChaos({ seconds, faultsMin, seed, servers });
            if (asked !== undefined) writeTable(report);
            expect(report.wrong, `SEED=${seed} CHAOS_SECONDS=${seconds}`).toEqual([]);
            const kinds = new Set(report.happened.map(({ kind }) => kind));
            expect(kindsMin.filter((kind) => kinds.has(kind)).length).toBeGreaterThanOrEqual(faultsMin);
          },
          seconds * 1_000 + besideMs,
        );
      });
    }),
  ),
);

function at(url: string, path: string): string {
  const other = new URL(url);
  other.pathname = path;
  return other.href;
}
