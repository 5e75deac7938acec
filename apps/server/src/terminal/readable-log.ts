// This file writes log lines for a person: pino's JSON as one line of text. Where no person looks
// on, JSON stays JSON.
import type { Palette } from "./colour.ts";

/** The fields that every line has, or that say nothing at a terminal. */
const told = new Set(["level", "time", "name", "service", "pid", "hostname", "msg", "err", "error"]);

export function readableLine(json: string, palette: Palette): string {
  let line: Record<string, unknown>;
  try {
    line = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return json;
  }
  const level = String(line.level);
  const paint = level === "error" || level === "fatal" ? palette.red : level === "warn" ? palette.yellow : palette.dim;
  const facts = Object.entries(line).filter(([name]) => !told.has(name));
  const about = facts.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ");
  const head = [String(line.time).slice(11, 19), paint(level.padEnd(5)), `${line.service ?? line.name}:`, line.msg];
  return `${[...head, ...(about === "" ? [] : [palette.dim(about)])].join(" ")}\n${errorLines(line.err ?? line.error, palette)}`;
}

interface LoggedError {
  readonly code?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: unknown;
}

/** Gives what happened and why. It says where in the code only if the error was not foreseen. */
function errorLines(error: unknown, palette: Palette): string {
  if (typeof error !== "object" || error === null) return "";
  const { code, message, stack, cause } = error as LoggedError;
  const foreseen = code !== undefined || stack === undefined;
  const text = foreseen ? `${message}${code === undefined ? "" : ` (${code})`}` : stack;
  return palette.dim(`${text.replace(/^/gm, "  ")}\n`) + errorLines(cause, palette);
}
