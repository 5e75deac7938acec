// What a run of the DKG is about. The roles D, N and U and their rules are those of dkls23-spec section 2 and 7; only the suite is new.
import { ascii, u8, u16 } from "../../kernel/bytes.ts";
import { type DkgContext, readContext, writeContext } from "../../protocol/dkg/context.ts";
import type { DkgSession } from "../../protocol/dkg/members.ts";
import type { Reader, Writer } from "../../protocol/encoding/bytes.ts";
import { idList, runKinds } from "../../protocol/encoding/names.ts";
import { TH } from "../encoding/tags.ts";
import { type Suite, suiteOfCode } from "../suite/index.ts";

/** `prescribed` has keys and constants in the encoding of the suite. */
export interface FrostDkgContext extends DkgContext {
  readonly suite: Suite;
}

/** sid of dkls23-spec 0.4, with the suite in it. */
export function frostDkgSid(suite: Suite, session: DkgSession): Uint8Array {
  const { kind, nonce, threshold, members, dealers, receivers, context } = session;
  const lists = [members.map(({ index }) => index), dealers, receivers].map(idList);
  const idpks = members.map(({ idpk }) => idpk);
  return TH("dkg/sid", ascii(suite.name), nonce, u8(runKinds[kind]), u16(threshold), ...lists, ...idpks, ...context);
}

export function writeFrostContext(out: Writer, context: FrostDkgContext): void {
  out.u8(context.suite.code);
  writeContext(out, context);
}

export function readFrostContext(from: Reader): FrostDkgContext {
  const suite = suiteOfCode(from.u8());
  return { suite, ...readContext(from, suite.group.elementBytes) };
}
