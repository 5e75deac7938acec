// This file reads a YAML file as settings. The path to a value is its name, so `database: { url: …
// }` is DATABASE_URL, and a list is a value with commas. One file may serve every role.
import { CovaultError } from "@covault/errors";
import { badConfig, type Env, readText } from "@covault/service-kit/run";
import { parse } from "yaml";
import { settingNames } from "./role-settings.ts";

/**
 * Gives the settings. Throws config/bad-value for a file that cannot be read, and for everything in
 * it that is no setting of any role.
 */
export function readConfigFile(path: string): Env {
  const { settings, wrong } = checkConfigFile(path);
  if (wrong.length > 0) throw badConfig(wrong, "Correct the file: config.example.yaml has every name in its place.");
  return settings;
}

/**
 * Gives the settings, and what is wrong, a line each, as it stands in the file. Throws
 * config/bad-value for a file that cannot be read.
 */
export function checkConfigFile(path: string): { readonly settings: Env; readonly wrong: readonly string[] } {
  const settings: Record<string, string> = {};
  const wrong: string[] = [];
  for (const { keys, value } of flatten(readYaml(path), [])) {
    const name = keys.join("_").toUpperCase();
    if (value === undefined) wrong.push(`${path} has something else than a value in ${keys.join(": ") || "its root"}`);
    else if (settingNames.has(name)) settings[name] = value;
    else wrong.push(`${path} has ${keys.join(": ")}, which no role knows`);
  }
  return { settings, wrong };
}

function readYaml(path: string): unknown {
  try {
    // In the schema "failsafe" every scalar is a string, so a key that happens to look like a
    // number stays what it is.
    return parse(readText(path), { schema: "failsafe" });
  } catch (cause) {
    const reason = (cause as Error).message.split("\n", 1)[0];
    throw new CovaultError("config/bad-value", `The configuration file ${path} cannot be read: ${reason}`, {
      hint: "Give --config the path of a YAML file; config.example.yaml is one to begin with.",
      cause,
    });
  }
}

interface Leaf {
  readonly keys: readonly string[];
  /** The value. It is absent where the file has something else than a value or a list of values. */
  readonly value?: string;
}

function flatten(value: unknown, keys: readonly string[]): readonly Leaf[] {
  if (value === null || value === undefined || value === "" || value === "null" || value === "~") return [];
  if (typeof value === "string" && keys.length > 0) return [{ keys, value }];
  if (Array.isArray(value) && keys.length > 0 && value.every((item) => typeof item === "string")) return [{ keys, value: value.join(",") }];
  if (typeof value === "object" && !Array.isArray(value))
    return Object.entries(value).flatMap(([key, item]) => flatten(item, [...keys, key]));
  return [{ keys }];
}
