// Keygen: a new account and its key. Members are chosen before anything is stored; the account is active with a certificate that this
// service verified itself, and not before.
import { defaultScheme } from "@covault/trust";
import type { Member } from "@covault/wire";
import { chooseMembers } from "../accounts/choose-members.ts";
import type { AccountContext } from "../context.ts";
import { certifiedKey, publicFacts } from "../keys/account-key.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import type { Operation } from "./operation.ts";
import { founds } from "./subject.ts";

export interface KeygenRequest {
  readonly userId: string;
  readonly name: string | null;
  readonly thresholdT: number;
  readonly thresholdN: number;
}

export const keygen = {
  kind: "keygen",
  // As the coordinator gives an attempt of more members more time.
  ttlMs: ({ keygenTtlMs }, { thresholdN }) => Math.round(keygenTtlMs * (1 + Math.max(0, thresholdN - 3) / 10)),
  // Members get the share indices 1..n in the order chosen. This initiator alone may ask for signatures by the new key.
  async intent(context, { thresholdT, thresholdN }) {
    const members = await chooseMembers(context, thresholdN);
    return {
      case: "keygen",
      value: {
        scheme: defaultScheme,
        threshold: thresholdT,
        members: members.map((member, at) => ({ ...member, shareIndex: at + 1 })),
        initiators: [context.initiator.id],
        custody: "server",
        policyRoot: new Uint8Array(),
      },
    };
  },
  founds: ({ userId, name, thresholdT, thresholdN }) => ({
    user_id: userId,
    name,
    scheme: defaultScheme,
    threshold_t: thresholdT,
    threshold_n: thresholdN,
  }),
  isOf: ({ userId, name, thresholdT, thresholdN }, { account }) =>
    account.user_id === userId && account.name === name && account.threshold_t === thresholdT && account.threshold_n === thresholdN,
  accept(context, { account, session }, certificate) {
    const key = certifiedKey(context, account, session, certificate, undefined);
    return { changes: { account: { status: "active" }, key }, view: publicFacts(key) };
  },
  view({ session, key }) {
    if (key === undefined) throw alteredRow("sessions", session.row.session_id);
    return publicFacts(key);
  },
} as const satisfies Operation<KeygenRequest>;

/** Who will hold shares. */
export function membersOf({ row, intent: { action } }: StoredSession): readonly Member[] {
  if (action.case !== "keygen") throw alteredRow("sessions", row.session_id);
  return action.value.members;
}

/** The keygen session of an account: the one whose intent its row names, and no other. */
export async function keygenOf({ store }: AccountContext, account: AccountRow): Promise<StoredSession> {
  const session = await store.sessions.find(account.tenant_id, account.keygen_session_id);
  if (session === undefined || !founds(session, account)) throw alteredRow("sessions", account.keygen_session_id);
  return session;
}
