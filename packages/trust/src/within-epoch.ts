// Three kinds of intent leave a key in its epoch: one makes a pair anew, one gives a holder its
// lost share back (dkls23-spec 7.1, 7.2), and one exports the key (8). Here they are compared with
// the key as it is. What only a store or a roster knows is for the caller.
import { same } from "@covault/crypto";
import type { ExportAction, Member, RenewAction, RepairAction } from "@covault/wire";
import { checkOfKey, type VerifiedKey } from "./charter.ts";
import { type FieldChecks, fieldChecks } from "./fields.ts";
import type { OpenedIntent } from "./intent.ts";

type Opened = Pick<OpenedIntent, "intent" | "key">;

/** The two ends of a pair, the one with the lower share index first. */
export type Ends = readonly [lo: Member, hi: Member];

/**
 * Checks that an intent renews a pair of this key in this epoch. Gives the two ends as `key` has
 * them. Whoever lets them speak now gives the key as it is now (`asOfNow`). Throws
 * `trust/bad-intent`.
 *
 * Each end compares the generation and the old pair id with its own store.
 */
export function checkRenews(key: VerifiedKey, opened: Opened): Ends {
  return renewed(key, opened, fieldChecks("trust/bad-intent", "The intent")).ends;
}

/** Gives the action and the ends of an intent that renews a pair of the key. */
export function renewed(key: VerifiedKey, opened: Opened, check: FieldChecks): { readonly action: RenewAction; readonly ends: Ends } {
  const { action } = opened.intent;
  if (action.case !== "renew") return check.fail("it renews no pair");
  checkStays(key, opened, action.value, check);
  const endAt = (index: number, field: string): Member =>
    memberAt(key, index) ?? check.fail(`${field} is ${index}, which is no holder of the epoch`);
  const { shareIndexLo, shareIndexHi } = action.value;
  return { action: action.value, ends: [endAt(shareIndexLo, "share_index_lo"), endAt(shareIndexHi, "share_index_hi")] };
}

/**
 * Checks that an intent repairs a share of this key in this epoch. Gives the helpers, as `key` has
 * them (`asOfNow`), and the receiver with the identity key that it has now,
 * ascending. Throws `trust/bad-intent`.
 *
 * Two things are not checked. The roster must have all of them (`checkSigners`), since the intent
 * alone says which key the receiver has now. The public shares take the mathematics.
 */
export function checkRepairs(key: VerifiedKey, opened: Opened): readonly Member[] {
  const check = fieldChecks("trust/bad-intent", "The intent");
  const { action } = opened.intent;
  if (action.case !== "repair") return check.fail("it repairs no share");
  const terms = action.value;
  checkStays(key, opened, terms, check);
  check.that(terms.threshold === key.threshold, `threshold is ${terms.threshold}, not the epoch's ${key.threshold}`);
  check.that(terms.publicShares.length === key.members.length, "public_shares has not one for each holder of the epoch");
  const helpers = terms.helpers.map((index) => memberAt(key, index) ?? check.fail(`helpers has ${index}, which is no holder of the epoch`));
  // `openIntent` refuses a repair without a receiver.
  const receiver = checkReceiver(key, terms.receiver as Member, check);
  return [...helpers, receiver].sort((a, b) => a.shareIndex - b.shareIndex);
}

/**
 * Gives the receiver, which is the party that the epoch has at its index. Only its key may differ.
 */
function checkReceiver(key: VerifiedKey, receiver: Member, check: FieldChecks): Member {
  const before = memberAt(key, receiver.shareIndex) ?? check.fail("receiver is no holder of the epoch");
  check.that(receiver.partyId === before.partyId && receiver.role === before.role, "receiver is another party than the epoch's");
  check.that(
    key.members.every((other) => other === before || !same(other.idpk, receiver.idpk)),
    "receiver has the identity key of another holder",
  );
  return receiver;
}

/**
 * Checks that an intent exports this key in this epoch. Gives the action. Throws
 * `trust/bad-intent`.
 *
 * Whether the recipient is one of the party's own list, the party checks.
 */
export function checkExports(key: VerifiedKey, opened: Opened): ExportAction {
  const check = fieldChecks("trust/bad-intent", "The intent");
  const { action } = opened.intent;
  if (action.case !== "export") return check.fail("it exports no key");
  checkStays(key, opened, action.value, check);
  return action.value;
}

/** Checks what every intent says that leaves the key in its epoch. */
function checkStays(key: VerifiedKey, opened: Opened, terms: RenewAction | RepairAction | ExportAction, check: FieldChecks): void {
  checkOfKey(key, opened, terms.keyId, check);
  check.that(terms.scheme === key.charter.scheme, `scheme is ${terms.scheme}, not the key's ${key.charter.scheme}`);
  check.that(same(terms.epoch, key.epoch), "epoch is not the one that the key is in");
  check.that(terms.epochNumber === key.epochNumber, `epoch_number is ${terms.epochNumber}, not ${key.epochNumber}`);
}

const memberAt = ({ members }: VerifiedKey, index: number): Member | undefined => members.find(({ shareIndex }) => shareIndex === index);
