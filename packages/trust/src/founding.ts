// What an intent says of the key that it founds, whether the key is generated or imported.
import type { Intent, KeygenAction } from "@covault/wire";

/** Gives the charter to be. Undefined for an intent that founds no key. */
export function foundingOf({ action }: Pick<Intent, "action">): KeygenAction | undefined {
  if (action.case === "import") return action.value.keygen;
  return action.case === "keygen" ? action.value : undefined;
}
