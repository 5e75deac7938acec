import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "covault-example-"));
let seen: string[] = [];
let server: Server;
beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers["x-api-key"]}`);
    const account = { id: "acc_1", addresses: { evm: "0xAbC" } };
    const signed = { signature: { hex: "0x121b" } };
    response.end(JSON.stringify(request.url?.endsWith("/sign") ? signed : account));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  vi.resetModules();
  vi.stubEnv("COVAULT_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("MPC_API_KEY", "");
  vi.stubEnv("DATA_DIR", folder);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  server.close();
  rmSync(join(folder, "secrets"), { recursive: true, force: true });
});

it("the example makes an account and signs with it, as the README shows", async () => {
  vi.stubEnv("MPC_API_KEY", "key");
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./src/sign.ts");
  expect(seen).toEqual(["POST /api/v1/accounts key", "POST /api/v1/accounts/acc_1/sign key"]);
  expect(log).toHaveBeenCalledWith("0xAbC", "0x121b");
});

it("without MPC_API_KEY it takes the key that npm start made", async () => {
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets", "mpc_api_key"), "made-by-start\n");
  vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./src/sign.ts");
  expect(seen).toEqual(["POST /api/v1/accounts made-by-start", "POST /api/v1/accounts/acc_1/sign made-by-start"]);
});

it("without any key it says what to set, and calls nobody", async () => {
  await expect(import("./src/sign.ts")).rejects.toMatchObject({ code: "sdk/bad-api-key", hint: expect.stringContaining("MPC_API_KEY") });
  expect(seen).toEqual([]);
});
