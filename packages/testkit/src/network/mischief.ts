// What a bad network does to single messages, in one direction: it loses, doubles, delays and swaps
// them.

/**
 * What becomes of a message. A swapped one goes after the next message of its lane, or after the
 * delay when there is none.
 */
export type Act = "pass" | "drop" | "twice" | "late" | "swap";

/**
 * The chances of one message for each act. Together they are 0 to 1, and the rest of the messages
 * pass.
 */
export type Chances = Partial<Record<Exclude<Act, "pass">, number>>;

/** Decides what becomes of one message. `random` gives 0 to 1, from a seed. */
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
  /** A message went by beside the lane. What waits for the next message follows it. */
  passed(): void;
}

/**
 * Gives a lane that hands its messages to `deliver`. `delayMs` is the delay of late and swapped
 * messages.
 */
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
