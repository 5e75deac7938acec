// The message router: parties' streams on one side, the broker on the other. Rules in SPEC.md.
export { defaultBounds, type RouterBounds, type RouterConfig } from "./config.ts";
export { type Router, type RouterOptions, startRouter } from "./start.ts";
export { streamPath } from "./upgrade.ts";
