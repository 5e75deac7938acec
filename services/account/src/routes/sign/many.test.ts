import { expect, it } from "vitest";
import { digest, testSystem } from "../../../test/system.ts";

const system = await testSystem();

it("any number of signatures at once give no warning of a leak", async () => {
  const { body: account } = await system.createAccount();
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on("warning", warn);
  const sign = () => system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest });
  const answers = await Promise.all(Array.from({ length: 32 }, sign));
  process.off("warning", warn);
  expect(answers.map(({ status }) => status)).toEqual(Array(32).fill(200));
  expect(warnings.map(String)).toEqual([]);
});
