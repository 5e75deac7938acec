// This file exports oblivious transfer and multiplication for DKLs23 (dkls23-spec 3-5).
export {
  baseOtReceive,
  baseOtReceiveFinish,
  baseOtSend,
  baseOtSendFinish,
} from "./base-ot.ts";
export { type ExtensionMessage, type ExtensionReceiver, type ExtensionSender, extensionBytes } from "./extension.ts";
export { type PairState, XI } from "./parameters.ts";
export { reversalCheck, reversalExtend, reversalSalt } from "./reversal.ts";
export { RVOLE_AT_BYTES, rvoleAlice, rvoleBob1, rvoleBob2, rvoleCheck } from "./rvole.ts";
