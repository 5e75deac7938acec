// This entry is for those that bring a platform's threads: both sides of a pool of them.

export { attemptServer } from "./attempt-server.ts";
export { type Answer, type Call, detached } from "./calls.ts";
export { type AttemptThread, type StartThread, type ThreadEvents, threadPool } from "./thread-pool.ts";
