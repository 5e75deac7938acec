// Databases of earlier releases: their sessions fold, and what those told beyond themselves is known.
import { Buffer } from "node:buffer";
import { verifyCertificate } from "@covault/verify";
import { expect } from "vitest";
import { releasesContract } from "../../../packages/service-kit/test/releases-contract.ts";
import { fold } from "../src/session/evolve.ts";
import { storedIntent } from "../src/session/plan-of-intent.ts";
import type { SessionState } from "../src/session/state.ts";
import { isSignatureOf } from "../src/signature-check.ts";
import { dueWork } from "../src/store/due-work.ts";
import { eventStore } from "../src/store/event-store.ts";
import { schemaName, type Tables } from "../src/store/tables.ts";

await releasesContract({
  schema: schemaName,
  folder: new URL("../", import.meta.url),
  async use(database) {
    const store = eventStore(database);
    const rows = await database.schema<Tables>(schemaName).selectFrom("sessions").selectAll().orderBy("created_at_ms").execute();
    const states: SessionState[] = [];
    for (const row of rows) {
      const state = fold(await store.load(row.session_id));
      expect(state).toMatchObject({ status: row.status, version: row.version, plan: { sessionId: row.session_id, kind: row.kind } });
      states.push(state);
    }
    expect(states.map((state) => `${state.plan?.kind} ${state.status}`)).toEqual([
      "keygen completed",
      "sign completed",
      "sign completed",
      "keygen failed",
      "keygen running",
      "keygen running",
    ]);
    const [alice, one, two, bob, carol, dave] = states as [
      SessionState,
      SessionState,
      SessionState,
      SessionState,
      SessionState,
      SessionState,
    ];

    const { keyId, epoch } = one.plan?.key ?? { keyId: "", epoch: "" };
    const certificate = await store.certificateOf(keyId, epoch);
    expect(Buffer.from(certificate ?? []).toString("base64")).toBe(alice.certificate);
    const { action } = storedIntent(alice.intent);
    const initiatorKeys = action.case === "keygen" ? action.value.initiators.map((initiator) => initiator.key) : [];
    expect(verifyCertificate(certificate as Uint8Array, { initiatorKeys, intentId: "any" }).members).toHaveLength(3);
    for (const state of [one, two]) {
      const sign = storedIntent(state.intent).action;
      expect(sign.case === "sign" && isSignatureOf(sign.value, new Uint8Array(Buffer.from(state.signature ?? "", "hex")))).toBe(true);
    }
    expect(await store.burnsOf(keyId, epoch)).toEqual([[1, 2]]);
    expect(two.attempt).toMatchObject({ attempt: 2, members: [{ shareIndex: 1 }, { shareIndex: 3 }] });
    expect(bob.abandonment).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(Object.values(carol.acks).map((acks) => Object.keys(acks))).toEqual([["1", "2"]]);
    // Both go on: a coordinator finds them due.
    const open = [carol, dave].map((state) => state.plan?.sessionId ?? "").sort();
    expect(await store.openSessions()).toEqual(open);
    expect([...(await dueWork(database).claim("a new release", Date.now(), 1_000, 10))].sort()).toEqual(open);
  },
});
