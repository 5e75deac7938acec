// `covault roster sign` and `covault roster show` turn a list that people can read into the signed
// roster that services take, and back.
import { identityKeyFromSeed } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import { readText } from "@covault/service-kit/run";
import { verifyRoster } from "@covault/trust";
import { isPartyId, type Roster } from "@covault/wire";
import { parse } from "yaml";
import { z } from "zod";
import { signRoster } from "../roster.ts";
import { rosterText } from "../roster-file.ts";

const key = z
  .string("expected a public key of 64 hexadecimal characters")
  .regex(/^[0-9a-fA-F]{64}$/, "expected a public key of 64 hexadecimal characters")
  .transform((hex) => new Uint8Array(Buffer.from(hex, "hex")));
const time = z.iso
  .datetime({ offset: true, error: "expected a time such as 2026-01-31T00:00:00Z" })
  .transform((text) => BigInt(Date.parse(text)))
  .default(0n);
/** A yes or no of the list, which is read with every value as text. */
const yes = z
  .enum(["true", "false"], "expected true or false")
  .transform((text) => text === "true")
  .default(false);
const list = z.strictObject({
  serial: z
    .string()
    .regex(/^\d{1,18}$/, "expected a whole number")
    .transform(BigInt)
    .optional(),
  parties: z
    .array(
      z.strictObject({
        id: z.string().refine(isPartyId, "expected a party id such as server-party-1"),
        identity_key: key,
        role: z.enum(["persistent", "delegate", "temporary", "co-managed"]).default("persistent"),
        valid_from: time,
        valid_until: time,
      }),
    )
    .min(1, "expected at least one party"),
  initiators: z
    .array(
      z.strictObject({
        id: z.string().min(1),
        key,
        tenants: z.array(z.string()).default([]),
        kinds: z.array(z.string()).default([]),
        retired_at: time,
        revoked: yes,
      }),
    )
    .min(1, "expected at least one initiator"),
  tenants: z
    .array(z.strictObject({ id: z.string().min(1), policy_roots: z.array(key).default([]), version_zero_allowed: yes }))
    .default([]),
});

export interface SignedRosterFile {
  /** The text that goes into ROSTER_FILE. */
  readonly text: string;
  /** The value of ROOT_PUBLIC_KEY, in hex. */
  readonly rootPublicKey: string;
  readonly roster: Roster;
}

/**
 * Signs the list. `rootKey` is ROOT_KEY, 32 bytes in hex. `serial` is used unless the list has one.
 * Throws config/bad-value.
 */
export function signRosterFile(listPath: string, rootKey: string | undefined, serial: bigint): SignedRosterFile {
  if (rootKey === undefined || !/^[0-9a-fA-F]{64}$/.test(rootKey))
    throw new CovaultError("config/bad-value", "ROOT_KEY: expected 64 hexadecimal characters.", {
      hint: "Make one with covault keys new root, and keep it offline.",
    });
  const read = list.safeParse(readYaml(listPath));
  if (!read.success) {
    const wrong = read.error.issues.map((issue) => `${issue.path.map(String).join(".") || "the list"}: ${issue.message}`);
    throw new CovaultError("config/bad-value", `${listPath} is no list of parties and initiators. ${wrong.join(". ")}.`, {
      hint: "docs/deployment.md shows one.",
    });
  }
  const { parties, initiators, tenants } = read.data;
  const seed = new Uint8Array(Buffer.from(rootKey, "hex"));
  const trust = signRoster(seed, {
    serial: read.data.serial ?? serial,
    parties: parties.map((party) => ({
      partyId: party.id,
      idpk: party.identity_key,
      role: party.role,
      validFromMs: party.valid_from,
      validUntilMs: party.valid_until,
    })),
    initiators: initiators.map((initiator) => ({
      initiatorId: initiator.id,
      key: initiator.key,
      tenants: initiator.tenants,
      kinds: initiator.kinds,
      retiredAtMs: initiator.retired_at,
      revoked: initiator.revoked,
    })),
    tenants: tenants.map(({ id, policy_roots, version_zero_allowed }) => ({
      tenant: id,
      policyRoots: policy_roots,
      versionZeroAllowed: version_zero_allowed,
    })),
  });
  // A roster that no service would take is not written.
  const roster = verifyRoster(trust.signed, trust.rootKey);
  return {
    text: rosterText(trust.signed),
    rootPublicKey: Buffer.from(identityKeyFromSeed(seed).publicKey).toString("hex"),
    roster,
  };
}

function readYaml(path: string): unknown {
  try {
    return parse(readText(path), { schema: "failsafe" });
  } catch (cause) {
    throw new CovaultError("config/bad-value", `${path} cannot be read: ${(cause as Error).message.split("\n", 1)[0]}`, { cause });
  }
}
