// What an Ed25519 key of Covault may sign. There is one tag per purpose, so that a signature made
// for one purpose is worthless for another. The signed bytes are u8 length of tag || tag (ASCII) ||
// body. The list is closed, and tags.test.ts asserts that it has no duplicates.
export const signatureTags = {
  roster: "covault/roster/v1",
  intent: "covault/intent/v1",
  join: "covault/join/v1",
  ack: "covault/ack/v1",
  abandon: "covault/abandon/v1",
  accusation: "covault/accusation/v1",
  refusal: "covault/refusal/v1",
  wait: "covault/wait/v1",
  round: "covault/round/v1",
  routerAuth: "covault/router-auth/v1",
  audit: "covault/audit/v1",
  holding: "covault/holding/v1",
  pairAck: "covault/pair-ack/v1",
  release: "covault/export/v1",
  importRecipient: "covault/import-recipient/v1",
  backup: "covault/backup/v1",
} as const;
export type SignatureTag = (typeof signatureTags)[keyof typeof signatureTags];

/**
 * The tag of an accusation, by the report that carries it. So the router cannot carry in one report
 * what was signed for another.
 */
export const accusationTags = { aborted: signatureTags.accusation, decline: signatureTags.refusal, progress: signatureTags.wait } as const;

/** Gives the exact bytes that a key signs. */
export function signedBytes(tag: SignatureTag, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + tag.length + body.length);
  bytes[0] = tag.length;
  for (let at = 0; at < tag.length; at++) bytes[1 + at] = tag.charCodeAt(at);
  bytes.set(body, 1 + tag.length);
  return bytes;
}
