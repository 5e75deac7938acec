// How settings are read, without the other parts of a service. The command line imports this entry,
// so that it starts quickly.
export { type Env, environment, readEnvFile } from "./env-file.ts";
export { readHost } from "./host.ts";
export { readInteger } from "./integer.ts";
export { readText, textOf } from "./text-file.ts";
export { urlForms, wrongOfUrl } from "./url.ts";
