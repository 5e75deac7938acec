// The messages of a pool session and of the online step (dkls23-spec 6.5). Round 1 has the layout
// of a signature's round 1, for every item.
import type { Fields, Layout } from "../../protocol/encoding/layout.ts";

/** `g` is the digest of the ids of all items. */
export type EchoMessage = Fields<"g">;
export const echoLayout: Layout<keyof EchoMessage> = { g: 32 };

/** `id` names the item that signs. `z` is the signature share. */
export type OnlineMessage = Fields<"id" | "z">;
export const onlineLayout: Layout<keyof OnlineMessage> = { id: 32, z: 32 };
