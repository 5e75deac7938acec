// How settings are read, without what a service is made of: the command line takes it from here, and starts quickly.
export { type Env, environment, readEnvFile } from "./env-file.ts";
export { readHost } from "./host.ts";
export { readInteger } from "./integer.ts";
export { readText } from "./text-file.ts";
export { urlForms, wrongOfUrl } from "./url.ts";
