// A party's stream that sends back whatever it receives, and ends with an envelope that begins with
// 255. It runs in a worker of a browser.
import { identityKeyFromSeed } from "@covault/channel";
import { RouterStream } from "@covault/router-client";

interface Place {
  postMessage(message: unknown): void;
  readonly echo: { readonly url: string; readonly partyId: string; readonly seed: readonly number[] };
}
const { postMessage, echo } = globalThis as unknown as Place;

const log: string[] = [];
const said = (_facts: object, message: string): void => void log.push(message);
const stream = new RouterStream({
  urls: [echo.url],
  partyId: echo.partyId,
  instanceId: "ins_browser",
  identity: identityKeyFromSeed(Uint8Array.from(echo.seed)),
  logger: { debug: said, info: said, warn: said, error: said },
  backOffs: { lost: { firstMs: 5, lastMs: 20 } },
});
let reconnects = 0;
stream.onReconnect(() => {
  reconnects++;
});
stream.onEnvelope(async ({ partyId }, envelope) => {
  if (envelope[0] !== 255) return stream.send({ partyId, instanceId: "" }, envelope, { ttlMs: 5_000 });
  await stream.stop();
  postMessage({ reconnects, log });
});
stream.start();
