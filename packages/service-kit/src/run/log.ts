// Logs as JSON lines, written by pino. Secret fields are removed by their names, at any depth, and
// bytes are never printed, so that a secret that slips into a log line does not reach the disk.
import { asCovaultError } from "@covault/errors";
import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";

export type Logger = PinoLogger;

export interface LoggerOptions {
  /** The name of the service or the party that writes. */
  readonly name: string;
  readonly level?: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /** Fields of every line. */
  readonly bindings?: Readonly<Record<string, string | number>>;
  /** Where the lines go. Default: standard output. */
  readonly destination?: DestinationStream;
}

const secretField =
  /^(authorization|cookie|set-cookie|x-api-key|.*(secret|password|passphrase|master_?key|private_?key|api_?key|join_?token|token|seed|mnemonic).*)$/i;
const depthMax = 6;

/** `logger.child({ session_id })` makes the logger of a session. */
export function makeLogger(options: LoggerOptions): Logger {
  const settings = {
    name: options.name,
    level: options.level ?? "info",
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      bindings: (bindings: object) => redact({ ...bindings, ...options.bindings, hostname: undefined }, 0) as object,
      log: (line: object) => redact(line, 0) as Record<string, unknown>,
    },
    serializers: { err: describeError, error: describeError },
  };
  const logger = pino(settings, options.destination ?? standardOutput());
  // pino does not pass a child's bindings through the formatter. Children inherit this method.
  const child = logger.child;
  logger.child = function redacting(this: Logger, bindings: object, childOptions?: object) {
    return child.call(this, redact(bindings, 0) as object, childOptions);
  } as typeof logger.child;
  return logger;
}

let standard: DestinationStream | undefined;

/**
 * Replaces pino's own stream. When the reader of a pipe has gone, pino's tries for ever to write
 * its last lines, and the process never ends. With this one the lines that nobody reads are lost,
 * and nothing else.
 */
function standardOutput(): DestinationStream {
  if (standard === undefined) {
    process.stdout.on("error", () => {});
    standard = { write: (line) => void process.stdout.write(line) };
  }
  return standard;
}

/** Gives a copy without secrets. Errors stay as they are, because their serializer writes them. */
function redact(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== "object" || value instanceof Error || value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= depthMax) return "[deeper]";
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) copy[name] = secretField.test(name) ? "[redacted]" : redact(item, depth + 1);
  return copy;
}

function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return redact(error, depth);
  const covault = asCovaultError(error);
  return {
    type: error.name,
    ...(covault === undefined ? {} : { code: covault.code, facts: covault.facts, culprits: covault.culprits }),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined || depth >= depthMax ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
