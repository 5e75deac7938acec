// For those who bring a platform's threads: both sides of a pool of them.
export { type Answer, type Call, detached } from "./calls.ts";
export { sessionServer } from "./session-server.ts";
export { type SessionThread, type StartThread, type ThreadEvents, threadPool } from "./thread-pool.ts";
