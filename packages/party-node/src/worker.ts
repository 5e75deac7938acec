// The entry of a worker thread of Node.
import { parentPort } from "node:worker_threads";
import { type Call, sessionServer } from "@covault/party/run";

const serve = sessionServer((answer) => parentPort?.postMessage(answer));
parentPort?.on("message", (call: Call) => serve(call));
