// Faults of every kind under a working cluster. Always: one of each kind of a process and of a way between them, in the order of a fixed seed (SEED is another one). `npm run chaos -- --seconds N --seed S`:
// as long as asked, and the dated table docs/verification/chaos.md.
import { describe, expect, it } from "vitest";
import { withServer } from "../../packages/service-kit/test/real-servers.ts";
import { kindsMin } from "./plan.ts";
import { runChaos } from "./run-chaos.ts";
import { writeTable } from "./table.ts";

const asked = process.env.CHAOS_SECONDS;
const seconds = Number(asked ?? 0);
const seed = Number(process.env.SEED ?? 1);
/** Starting, one of each kind, healing, the last questions, stopping. */
const besideMs = 400_000;

await withServer("PostgreSQL", (postgres) =>
  withServer("RabbitMQ", (rabbitmq) =>
    withServer("Redis", (redis) => {
      describe(`chaos, seed ${seed}`, () => {
        it(
          "every request ends, every active account signs, no key has two results, and honest parties hold nothing against each other",
          async () => {
            const servers = { postgres: at(postgres, "/postgres"), rabbitmq, redis: at(redis, "/7") };
            const report = await runChaos({ seconds, seed, servers });
            if (asked !== undefined) writeTable(report);
            expect(report.wrong, `SEED=${seed} CHAOS_SECONDS=${seconds}`).toEqual([]);
            expect(report.happened.map(({ kind }) => kind)).toEqual(expect.arrayContaining([...kindsMin]));
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
