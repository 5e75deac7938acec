// The servers that the contract tests of the adapters need. When one does not answer, its tests say
// so. They are left out on a developer's machine, and fail in CI.
import { connect } from "node:net";
import { describe, expect, it } from "vitest";

export const servers = {
  PostgreSQL: process.env.TEST_POSTGRES_URL ?? "postgres://postgres@127.0.0.1:5432/test",
  Redis: process.env.TEST_REDIS_URL ?? "redis://127.0.0.1:6379",
  RabbitMQ: process.env.TEST_RABBITMQ_URL ?? "amqp://guest:guest@127.0.0.1:5672",
};

function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 2_000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

/** Runs `tests` with the URL of the server when it answers. */
export async function withServer(name: keyof typeof servers, tests: (url: string) => void): Promise<void> {
  const url = servers[name];
  if (await answers(url)) return tests(url);
  const { host } = new URL(url);
  const title = `${name} at ${host} does not answer: its adapter is not tested here`;
  if (process.env.CI) it(title, () => expect.fail(title));
  else describe.skip(title, () => it("needs the server", () => expect.fail(title)));
}
