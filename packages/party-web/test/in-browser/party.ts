// A whole party, with its sessions in a worker of its own. It runs in a browser's worker. It posts
// what it observes, and stops when it is told to.
import { identityKeyFromSeed } from "@covault/channel";
import { fromHex } from "@covault/crypto";
import { Party, Vault } from "@covault/party";
import { openIndexedDbStore, webWorkers } from "@covault/party-web";
import { RouterStream } from "@covault/router-client";
import { verifyRoster } from "@covault/trust";
import type { PlatformWorker } from "../../src/platform.ts";

/** What the party is given. Bytes are hex. */
export interface Given {
  readonly partyId: string;
  readonly streamUrl: string;
  readonly identitySeed: string;
  readonly masterKey: string;
  readonly roster: { readonly signed: string; readonly rootKey: string };
  /** The bundle of the entry of a session's worker. */
  readonly sessionWorker: string;
}
interface Place {
  readonly given: Given;
  readonly Blob: new (parts: readonly string[]) => object;
  readonly URL: { createObjectURL(blob: object): string };
  readonly Worker: new (url: string) => PlatformWorker;
  postMessage(message: unknown): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
}
const place = globalThis as unknown as Place;

async function start(): Promise<void> {
  const { partyId, streamUrl, identitySeed, masterKey, roster, sessionWorker } = place.given;
  const verified = verifyRoster(fromHex(roster.signed), fromHex(roster.rootKey));
  const identity = identityKeyFromSeed(fromHex(identitySeed));
  const instanceId = "browser";
  const { store, close } = await openIndexedDbStore(partyId);
  const says = (facts: object, message: string): void => place.postMessage({ message, facts: String(facts) });
  const stream = new RouterStream({
    urls: [streamUrl],
    partyId,
    instanceId,
    identity,
    logger: { debug: says, info: says, warn: says, error: says },
    load: () => party.running,
  });
  const workerUrl = place.URL.createObjectURL(new place.Blob([sessionWorker]));
  const runner = webWorkers({ start: () => new place.Worker(workerUrl), workers: 1 });
  const party = new Party({
    partyId,
    instanceId,
    identity,
    roster: () => verified,
    vault: await Vault.open(partyId, [fromHex(masterKey)]),
    store,
    transport: stream,
    runner,
    observe: (event) =>
      place.postMessage({
        event: event.kind,
        code: "code" in event ? event.code : undefined,
        error: "error" in event ? String(event.error) : undefined,
      }),
  });
  place.onmessage = async () => {
    await party.stop();
    await stream.stop();
    await runner.close();
    close();
    place.postMessage({ event: "stopped" });
  };
  await party.start();
  stream.start();
  if (await stream.opened(20_000)) place.postMessage({ event: "open" });
}
start().catch((error: unknown) => place.postMessage({ wrong: String((error as Error)?.stack ?? error) }));
