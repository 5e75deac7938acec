// How a process of ours runs: settings, logs, metrics, traces, time limits and an orderly end.
export { reasonOf, serverAway } from "./away.ts";
export { fileError } from "./file-error.ts";
export { type Logger, type LoggerOptions, makeLogger } from "./log.ts";
export { type Metrics, makeMetrics } from "./metrics.ts";
export { onAbort } from "./on-abort.ts";
export { makeSeldom, type Seldom } from "./seldom.ts";
export {
  badConfig,
  type Checked,
  checkConfig,
  hexVariable,
  hostVariable,
  integerVariable,
  listVariable,
  portVariable,
  readConfig,
  urlVariable,
} from "./settings/config.ts";
export { type Env, environment, readEnvFile } from "./settings/env-file.ts";
export { hostExpected, hostInUrl, readHost } from "./settings/host.ts";
export { readText, textOf } from "./settings/text-file.ts";
export { type UrlForm, urlForms, wrongOfUrl } from "./settings/url.ts";
export { makeShutdown, type Shutdown } from "./shutdown.ts";
export { type SilenceWatch, watchSilence, within } from "./silence.ts";
export { type OnStep, type Step, watched } from "./steps.ts";
export { openTracing } from "./tracing/open.ts";
export { noTracing, type SessionSpan, type Tracing, traceOf } from "./tracing/tracing.ts";
