// The entry of a Web Worker that runs sessions. It is loaded as a script of its own, and keeps what
// is secret of a session to itself.
import { attemptServer, type Call } from "@covault/party/run";
import { platform } from "./platform.ts";

const serve = attemptServer((answer) => platform.postMessage(answer));
platform.onmessage = ({ data }) => serve(data as Call);
