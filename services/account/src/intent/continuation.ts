// What an intent says of the key that it continues. It is read here for everybody.
import type { Intent, RefreshAction } from "@covault/wire";

/** Gives undefined for an intent that makes no further epoch of a key. */
export const continuationOf = ({ action }: Pick<Intent, "action">): RefreshAction | undefined =>
  action.case === "refresh" ? action.value : undefined;
