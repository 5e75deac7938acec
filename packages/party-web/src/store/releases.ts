// The exports that this party has consented to. A row is never deleted, since it marks its key as
// exported. What it would send again goes with its intent or its epoch.
import { same } from "@covault/crypto";
import type { IntentClaim, NewRelease, ReleaseAnswer } from "@covault/party";
import { claimIntent } from "./intents.ts";
import type { Tables } from "./tables.ts";

export async function releaseShare(tables: Tables, claim: IntentClaim, release: NewRelease): Promise<ReleaseAnswer> {
  const { keyId, epoch, intentId } = release;
  if ((await tables.releases.get(intentId)) !== undefined) return "known";
  if ((await tables.shares.get([keyId, epoch]))?.status !== "committed") return "superseded";
  const answer = await claimIntent(tables, claim);
  // An intent of a release is claimed by the release alone, so that it is not known without one.
  if (answer !== "new") return answer === "restored" || answer === "behind" ? answer : "replayed";
  const row = await tables.intents.get(intentId);
  if (row !== undefined) await tables.intents.put({ ...row, finished: true });
  await tables.releases.put({ keyId, epoch, intentId, release: release.release });
  return "released";
}

export async function releaseOf(tables: Tables, intentId: Uint8Array): Promise<Uint8Array | undefined> {
  const { release } = (await tables.releases.get(intentId)) ?? {};
  return release === undefined || release.length === 0 ? undefined : release;
}

export async function isExported(tables: Tables, keyId: Uint8Array): Promise<boolean> {
  return (await tables.releases.having("keyId", keyId)).length > 0;
}

/** Empties the releases of an epoch that is superseded. */
export async function emptyReleasesOf(tables: Tables, keyId: Uint8Array, epoch: Uint8Array): Promise<void> {
  for (const row of await tables.releases.having("keyId", keyId))
    if (same(row.epoch, epoch)) await tables.releases.put({ ...row, release: new Uint8Array(0) });
}

/** Empties the releases whose intents are forgotten. */
export async function emptyForgotten(tables: Tables): Promise<void> {
  for (const row of await tables.releases.all())
    if (row.release.length > 0 && (await tables.intents.get(row.intentId)) === undefined)
      await tables.releases.put({ ...row, release: new Uint8Array(0) });
}
