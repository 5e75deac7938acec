// This file is loaded before a service starts (--import). The service's messages to RabbitMQ are
// then disturbed by the chances (as of `actBy`) in the file that CHAOS_BROKER_FILE names. Each
// process, queue and kind of publisher is a lane of its own. A publisher believes that its message
// is on its way, whatever becomes of it.
import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { actBy, lane, seeded } from "@covault/testkit/network";

const file = process.env.CHAOS_BROKER_FILE ?? "";
const delayMs = 100;
// The processes draw from streams of their own. Which message meets a draw depends on the run.
const random = seeded(`${process.env.CHAOS_BROKER_SEED}/${process.argv.slice(2).join(" ")}/${process.env.PARTY_ID ?? ""}`);
// This is the very module that the services load.
const { Connection } = createRequire(new URL("../../packages/service-kit/package.json", import.meta.url))("rabbitmq-client");
let chances = {};
setInterval(() => {
  try {
    chances = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // The file is half written, or not there yet. The next look finds it.
  }
}, 100).unref();

const { createPublisher } = Connection.prototype;
Connection.prototype.createPublisher = function (...options) {
  const publisher = createPublisher.apply(this, options);
  const send = publisher.send.bind(publisher);
  const lanes = new Map();
  const laneOf = (queue) => {
    const known = lanes.get(queue) ?? lane(([envelope, body]) => void send(envelope, body).catch(() => {}), delayMs);
    lanes.set(queue, known);
    return known;
  };
  publisher.send = async (envelope, body) => {
    const act = actBy(chances, () => random.below(10_000) / 10_000);
    const messages = laneOf(envelope.routingKey);
    if (act === "pass") {
      await send(envelope, body);
      return messages.passed();
    }
    appendFileSync(`${file}.fates`, `${act}\n`);
    messages.put([envelope, body], act);
  };
  return publisher;
};
