// This file lists every point at which a process may die: right before and right after each step of
// scenarios.ts.
import { type Role, type Scenario, type ScenarioName, scenarios } from "./scenarios.ts";

export interface Point {
  readonly role: Role;
  readonly point: string;
}

/** Where server-party-1 is killed, for a key generation to be abandoned. */
export const lostAt: Point = { role: "server-party", point: "transport.send acknowledged" };

export function stepsOf(name: ScenarioName): readonly Point[] {
  const { passes }: Scenario = scenarios[name];
  return Object.entries(passes).flatMap(([role, steps]) => steps.map((point) => ({ role: role as Role, point })));
}

/** Passed as well, or not: no step waits for them. */
export const besides: readonly { readonly point: RegExp; readonly why: string }[] = [
  {
    point: /^(stream\.write (heard|welcome)|presence\.(put|remove))$/,
    why: "a party's presence, renewed by time; and a stream that opens",
  },
  { point: /^due\./, why: "which replica looks at a session whose time has come, ten times a second" },
  { point: /^store\.prune$/, why: "a party forgets what is over, every few seconds" },
  {
    point: /^store\.dropOldBackupsExcept$/,
    why: "a start or a commit: the party forgets what it sealed of epochs that are over to recipients that its operator lists no more",
  },
  {
    point: /backup|^holdings\.(ask|report)$/i,
    why: "an account service asks what is backed up, by time after a new epoch",
  },
  { point: /^store\.(takeLease|dropLease)$/, why: "the lease of an instance, renewed by time" },
  { point: /^store\.claimSession$/, why: "sessions of an instance without a sign of life, taken over" },
  { point: /^roster\.raise$/, why: "a process starts, or gets a new roster: it remembers the serial" },
  {
    point: /^(generation\.raise|store\.moveGeneration)$/,
    why: "a party's counter moves at a start, a share, a burn, and by the clock",
  },
  { point: /^store\.(claims\.renew|events\.addCheckpoint)$/, why: "by time: a claim whose request takes long, and the hourly checkpoint" },
  { point: / session( completed| running| to party| \d)?$/, why: "of a session whose intent another process had: the same step elsewhere" },
  { point: /(roundRequest|certificateRequest)( to \w+)?$/, why: "on a slow machine, what has not come in time is asked for again" },
  { point: /^store\.append \w+ Waited \d$/, why: "on a slow machine, a member says whom it waits for" },
  {
    point: /^http\.answer GET \/api\/v1\/sessions\/\{id\} 200 \w+ running$/,
    why: "on a slow machine, a session that is asked for has not ended in two seconds",
  },
  {
    point: /^(coordinator\.session export|http\.answer GET \/api\/v1\/sessions\/\{id\} 404 .*)$/,
    why: "whoever looks at an export has its progress asked for, and a coordinator has no session of it",
  },
  { point: /^store\.leaveEpoch$/, why: "a race: a dealer that leaves hears of the certificate by another way than its own commit" },
  { point: /^store\.keep$/, why: "a coordinator takes a certificate that it does not have" },
  { point: /^store\.transaction accounts\.change \w+$/, why: "two replicas at once: the second one writes nothing" },
];

export const points: readonly (Point & { readonly in: ScenarioName; readonly nth: number })[] = (
  Object.keys(scenarios) as ScenarioName[]
).flatMap((name) => {
  const { dies, keys = 1 }: Scenario = scenarios[name];
  return (
    stepsOf(name)
      .filter(({ role }) => dies.includes(role))
      // Of several keys, the second is the one that is cut off in a party. The first is cut off
      // elsewhere.
      .map((step) => ({ ...step, in: name, nth: step.role === "server-party" && keys > 1 ? 2 : 1 }))
  );
});
