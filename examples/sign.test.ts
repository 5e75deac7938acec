import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, vi } from "vitest";

it("the example makes an account and signs with it, as the README shows", async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers["x-api-key"]}`);
    const account = { id: "acc_1", addresses: { evm: "0xAbC" } };
    const signed = { signature: { hex: "0x121b" } };
    response.end(JSON.stringify(request.url?.endsWith("/sign") ? signed : account));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  vi.stubEnv("COVAULT_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("MPC_API_KEY", "key");
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./src/sign.ts");
  expect(seen).toEqual(["POST /api/v1/accounts key", "POST /api/v1/accounts/acc_1/sign key"]);
  expect(log).toHaveBeenCalledWith("0xAbC", "0x121b");
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  server.close();
});
