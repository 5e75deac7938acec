import { expect, it, vi } from "vitest";
import { honest } from "../../../test/fake-coordinator.ts";
import { digest, testSystem } from "../../../test/system.ts";

const system = await testSystem();
/**
 * Node warns of more than ten listeners. Each of these requests has to end within a request's 10 s
 * on a busy machine.
 */
const many = 12;

it("any number of signatures at once give no warning of a leak", async () => {
  const { body: account } = await system.createAccount();
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on("warning", warn);
  const sign = () => system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest });
  system.coordinator.behaviour.sign = () => undefined;
  const answers = Array.from({ length: many }, sign);
  const waiting = () => new Set(system.coordinator.seen.filter((line) => line.startsWith("GET /api/v1/sessions/")));
  await vi.waitFor(() => expect(waiting().size).toBe(many + 1), { timeout: 20_000 });
  system.coordinator.behaviour.sign = honest().sign;
  system.coordinator.finish();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(many).fill(200));
  process.off("warning", warn);
  expect(warnings.map(String)).toEqual([]);
});
