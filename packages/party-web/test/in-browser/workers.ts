// Sessions in workers of their own. This file itself runs in a browser's worker.
import { webWorkers } from "@covault/party-web";
import { describe, expect, it } from "vitest";
import type { PlatformWorker } from "../../src/platform.ts";

interface Place {
  readonly Blob: new (parts: readonly string[]) => object;
  readonly URL: { createObjectURL(blob: object): string };
  readonly Worker: new (url: string) => PlatformWorker;
  /** The bundle of the entry of a session's worker. */
  readonly sessionWorker: string;
}
const place = globalThis as unknown as Place;
const startOf =
  (source: string): (() => PlatformWorker) =>
  () =>
    new place.Worker(place.URL.createObjectURL(new place.Blob([source])));

describe("sessions in Web Workers", () => {
  it("make their join keys there, each its own", async () => {
    const runner = webWorkers({ start: startOf(place.sessionWorker), workers: 2 });
    const keys = await Promise.all([1, 2, 3].map(() => runner.open().joinKey()));
    expect(keys.map((key) => key.length)).toEqual([32, 32, 32]);
    expect(new Set(keys.map(String)).size).toBe(3);
    await runner.close();
  });

  it("pass errors on by their code", async () => {
    const runner = webWorkers({ start: startOf(place.sessionWorker), workers: 1 });
    await expect(runner.open().resume()).rejects.toMatchObject({ code: "party/bad-order" });
    await runner.close();
    expect(() => runner.open()).toThrow(/closed/);
  });

  it("end with a worker in which something was not caught, and the next session gets a new worker", async () => {
    let starts = 0;
    const broken = "onmessage = ({ data }) => { if (data.kind === 'call') throw new Error('broken'); };";
    const start = (): PlatformWorker => startOf(starts++ === 0 ? broken : place.sessionWorker)();
    const runner = webWorkers({ start, workers: 1 });
    const doomed = runner.open();
    const beside = runner.open();
    await expect(doomed.joinKey()).rejects.toMatchObject({ code: "party/worker-crashed" });
    await expect(beside.joinKey()).rejects.toMatchObject({ code: "party/worker-crashed" });
    expect(await runner.open().joinKey()).toHaveLength(32);
    expect(starts).toBe(2);
    await runner.close();
  });
});
