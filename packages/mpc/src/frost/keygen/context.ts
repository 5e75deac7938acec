// What a run of the DKG is about. The roles D, N and U and their rules are those of dkls23-spec section 2 and 7; only the suite is new.

import type { Reader, Writer } from "../../dkls23/encoding/bytes.ts";
import { type DkgKind, type DkgSession, dkgKinds, idList } from "../../dkls23/encoding/session-id.ts";
import type { DkgContext } from "../../dkls23/keygen/context.ts";
import { ascii, u8, u16 } from "../../kernel/bytes.ts";
import { TH } from "../encoding/tags.ts";
import { type Suite, suiteOfCode } from "../suite/index.ts";

export type { DkgKind } from "../../dkls23/encoding/session-id.ts";
export { checkContext, deals, peersOf, receives } from "../../dkls23/keygen/context.ts";

/** As in DKLs23; `prescribed` has keys and constants in the encoding of the suite. */
export interface FrostDkgContext extends DkgContext {
  readonly suite: Suite;
}

/** sid of dkls23-spec 0.4, with the suite in it. */
export function frostDkgSid(suite: Suite, session: DkgSession): Uint8Array {
  const { kind, nonce, threshold, members, dealers, receivers, context } = session;
  const lists = [members.map(({ index }) => index), dealers, receivers].map(idList);
  const idpks = members.map(({ idpk }) => idpk);
  return TH("dkg/sid", ascii(suite.name), nonce, u8(dkgKinds[kind]), u16(threshold), ...lists, ...idpks, ...context);
}

export function writeContext(out: Writer, context: FrostDkgContext): void {
  out.u8(context.suite.code).u8(dkgKinds[context.kind]).bytes(context.sid).u16(context.self).u16(context.threshold);
  out.indices(context.members).indices(context.dealers).indices(context.receivers);
  const { prescribed } = context;
  out.u8(prescribed === undefined ? 0 : 1);
  if (prescribed === undefined) return;
  out.bytes(prescribed.publicKey).bytes(prescribed.chain);
  out.map(prescribed.constants, (constant) => out.bytes(constant));
}

export function readContext(from: Reader): FrostDkgContext {
  const suite = suiteOfCode(from.u8());
  const code = from.u8();
  const kind = (Object.keys(dkgKinds) as DkgKind[]).find((name) => dkgKinds[name] === code);
  if (kind === undefined) throw new RangeError(`kind ${code} is unknown`);
  const [sid, self, threshold] = [from.bytes(32), from.index(), from.u16()];
  const [members, dealers, receivers] = [from.indices(), from.indices(), from.indices()];
  const { elementBytes } = suite.group;
  const prescribed = from.flag()
    ? { publicKey: from.bytes(elementBytes), chain: from.bytes(32), constants: from.map(() => from.bytes(elementBytes)) }
    : undefined;
  return { suite, kind, sid, self, threshold, members, dealers, receivers, prescribed };
}
