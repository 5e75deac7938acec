// A process of the crash cluster: `covault serve <role>`, with a hook that gets each of its steps.
// An entry of its own, so that nothing which runs in production can be told to kill itself.
import { serve } from "@covault/server";
import { onStep } from "./steps.js";

process.exitCode = await serve({ role: process.argv[3] ?? "", onStep });
