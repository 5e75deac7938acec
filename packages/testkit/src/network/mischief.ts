// What a bad network does to single messages, in one direction: it loses, doubles, delays and swaps them.

/** swap: after the next message of its lane, or after the delay when there is none. */
export type Act = "pass" | "drop" | "twice" | "late" | "swap";

/** Chances of one message, 0 to 1 together. */
export type Chances = Partial<Record<Exclude<Act, "pass">, number>>;

/** `random`: 0 to 1, seeded. */
export function actBy(chances: Chances, random: () => number): Act {
  let left = random();
  for (const act of ["drop", "twice", "late", "swap"] as const) {
    left -= chances[act] ?? 0;
    if (left < 0) return act;
  }
  return "pass";
}

export interface Lane<Message> {
  put(message: Message, act: Act): void;
  /** A message went by beside the lane: what waits for the next one follows it. */
  passed(): void;
}

export function lane<Message>(deliver: (message: Message) => void, delayMs: number): Lane<Message> {
  let held: { readonly message: Message; readonly timer: NodeJS.Timeout } | undefined;
  const passed = (): void => {
    if (held === undefined) return;
    const { message, timer } = held;
    held = undefined;
    clearTimeout(timer);
    deliver(message);
  };
  return {
    passed,
    put(message, act) {
      if (act === "drop") return;
      if (act === "late") setTimeout(() => deliver(message), delayMs);
      else if (act === "swap" && held === undefined) held = { message, timer: setTimeout(passed, delayMs) };
      else {
        deliver(message);
        passed();
        if (act === "twice") deliver(message);
      }
    },
  };
}
