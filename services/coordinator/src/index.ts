// The session coordinator (HTTP 8081). Sessions are streams of events, decided by one pure
// function. It never sees a share.
export { defaultLimits, type Limits } from "./session/commands.ts";
export { type Coordinator, type CoordinatorConfig, type CoordinatorOptions, startCoordinator } from "./start.ts";
