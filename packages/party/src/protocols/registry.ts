// Every protocol that a party runs. A new one is a new entry.
import { dklsKeygen, dklsSign } from "./dkls23.ts";
import type { Protocols } from "./protocol.ts";

export const protocols = [dklsKeygen, dklsSign] as unknown as Protocols;
