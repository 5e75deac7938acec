// The entry of a worker thread of Node.
import { parentPort } from "node:worker_threads";
import { attemptServer, type Call } from "@covault/party/run";

const serve = attemptServer((answer) => parentPort?.postMessage(answer));
parentPort?.on("message", (call: Call) => serve(call));
