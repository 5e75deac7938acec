// A YAML file as settings: the path to a value is its name, so that `database: { url: … }` is DATABASE_URL and a list is a value with
// commas. One file may serve every role.
import { readFileSync } from "node:fs";
import { CovaultError } from "@covault/errors";
import type { Env } from "@covault/service-kit";
import { parse } from "yaml";
import { settingNames } from "./role-settings.ts";

/** Throws config/bad-value for a file that cannot be read, and for a name that no role knows. */
export function readConfigFile(path: string): Env {
  let document: unknown;
  try {
    // "failsafe": every scalar is a string. A key that happens to look like a number stays what it is.
    document = parse(readFileSync(path, "utf8"), { schema: "failsafe" });
  } catch (cause) {
    const reason = (cause as Error).message.split("\n", 1)[0];
    throw new CovaultError("config/bad-value", `The configuration file ${path} cannot be read: ${reason}`, { cause });
  }
  const settings: Record<string, string> = {};
  flatten(document, [], settings, path);
  const unknown = Object.keys(settings).filter((name) => !settingNames.has(name));
  if (unknown.length > 0)
    throw new CovaultError("config/bad-value", `The configuration file ${path} has ${unknown.join(", ")}, which no role knows.`);
  return settings;
}

function flatten(value: unknown, path: readonly string[], into: Record<string, string>, file: string): void {
  if (value === null || value === undefined || value === "" || value === "null" || value === "~") return;
  const name = path.join("_").toUpperCase();
  if (typeof value === "string" && name !== "") into[name] = value;
  else if (Array.isArray(value) && name !== "" && value.every((item) => typeof item === "string")) into[name] = value.join(",");
  else if (typeof value === "object" && !Array.isArray(value))
    for (const [key, item] of Object.entries(value)) flatten(item, [...path, key], into, file);
  else
    throw new CovaultError("config/bad-value", `The configuration file ${file} has something else than a value in ${name || "its root"}.`);
}
