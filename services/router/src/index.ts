// The message router, between the streams of parties and the broker. SPEC.md has the rules.
export { defaultBounds, type RouterBounds, type RouterConfig } from "./config.ts";
export { type Router, type RouterOptions, startRouter } from "./start.ts";
export { streamPath } from "./upgrade.ts";
