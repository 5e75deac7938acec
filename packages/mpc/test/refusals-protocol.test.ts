// Every protocol stands on inboxes, machines, stored bytes and layouts. The tests show what these
// refuse.

import { describe, expect, it } from "vitest";
import { keygenContext } from "../src/dkg/index.ts";
import { keygenMachine, restoreKeygen } from "../src/dkls23/index.ts";
import { suite } from "../src/dkls23/suite.ts";
import { Reader, Writer } from "../src/protocol/encoding/bytes.ts";
import { encodeOutbox } from "../src/protocol/encoding/layout.ts";
import { collect, type Inbox, messageOf } from "../src/protocol/index.ts";
import { bytesFrom, idx, keygenMachines, nonceFrom } from "./simulation.ts";

const [one, two, three] = [idx(1), idx(2), idx(3)];
const refused = (act: () => unknown, code: string): void => expect(act).toThrowError(expect.objectContaining({ code }));

describe("an inbox", () => {
  it("refuses a stranger, a second message and a hole", () => {
    const messages = [two, three].map((from) => [from, "message"] as const);
    expect([...collect([two, three], messages).keys()]).toEqual([two, three]);
    refused(() => collect([two, three], [...messages, [one, "message"]]), "mpc/incomplete-inbox");
    refused(() => collect([two, three], [...messages, [two, "another"]]), "mpc/incomplete-inbox");
    refused(() => collect([two, three], messages.slice(1)), "mpc/incomplete-inbox");
    refused(() => messageOf(new Map() as unknown as Inbox<string>, one), "mpc/incomplete-inbox");
  });
});

describe("a machine", () => {
  const machine = () => keygenMachine({ self: one, threshold: 2, members: members(), nonce: bytesFrom("n") });
  const members = () => [one, two].map((index) => ({ index, idpk: bytesFrom(`${index}`) }));
  it("refuses entropy of another length or another type", () => {
    refused(() => machine().start(bytesFrom("entropy").slice(1)), "mpc/bad-setup");
    refused(() => machine().start([...bytesFrom("entropy")] as unknown as Uint8Array), "mpc/bad-setup");
  });

  it("has nothing to store before it has started", () => {
    refused(() => machine().snapshot(), "mpc/not-storable");
  });
});

describe("stored bytes", () => {
  it("are read to their end and no further, and hold an index once", () => {
    expect(() => new Reader(new Uint8Array(3)).bytes(4)).toThrowError(RangeError);
    const twice = new Writer().u16(2).u16(7).u8(0).u16(7).u8(0).done();
    const read = new Reader(twice);
    expect(() => read.map(() => read.u8())).toThrowError(RangeError);
    expect(() => new Reader(Uint8Array.of(2)).flag()).toThrowError(RangeError);
    const reader = new Reader(new Uint8Array(3));
    reader.bytes(2);
    expect(() => reader.end()).toThrowError(RangeError);
  });

  it("of a round are refused with another round, another kind, a byte more, and by another party of the same session", () => {
    const parties = [one, two];
    const setup = (self: typeof one) => ({
      self,
      threshold: 2,
      members: parties.map((index) => ({ index, idpk: bytesFrom(`idpk/${index}`) })),
      nonce: nonceFrom("stored", parties),
    });
    const machines = keygenMachines(parties, 2, "stored");
    const outbox = (turn: ReturnType<ReturnType<typeof keygenMachine>["start"]>) => (turn.kind === "exchange" ? turn.outbox : new Map());
    let sent = [...machines.values()].map((machine) => outbox(machine.start(bytesFrom("entropy"))));
    for (let round = 2; round <= 3; round++)
      sent = [...machines].map(([self, machine], k) => {
        const from = parties[1 - k] as typeof one;
        return outbox(machine.deliver(new Map([[from, sent[1 - k]?.get(self) as Uint8Array]]), bytesFrom(`${round}/${self}`)));
      });
    const stored = machines.get(one)?.snapshot() as Uint8Array;
    expect(restoreKeygen(setup(one), stored).sid).toEqual(keygenContext(suite, setup(one)).sid);
    refused(() => restoreKeygen(setup(one), stored.with(1, 4)), "mpc/bad-state");
    refused(() => restoreKeygen(setup(one), stored.with(2, 9)), "mpc/bad-state");
    refused(() => restoreKeygen(setup(one), Uint8Array.from([...stored, 0])), "mpc/bad-state");
    refused(() => restoreKeygen(setup(two), stored), "mpc/context-mismatch");
  });
});

it("a message whose field has another length than its layout is never sent", () => {
  refused(() => encodeOutbox(() => ({ field: 4 }), new Map([[one, { field: new Uint8Array(3) }]])), "mpc/invariant");
});
