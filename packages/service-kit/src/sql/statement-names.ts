// The names of prepared statements on one connection. PostgreSQL keeps a named statement parsed,
// and after a few uses its plan, so that the next use costs neither. Names are made of the text, so
// that no name ever stands for another statement.
import { createHash } from "node:crypto";

/** A connection keeps so many statements. A server gives each some tens of kilobytes. */
const statementsMax = 256;

export class StatementNames {
  /** The least recently used first. A text that was used once has no name yet. */
  readonly #names = new Map<string, string | undefined>();
  readonly #max: number;

  constructor(max = statementsMax) {
    this.#max = max;
  }

  /**
   * Gives the name of a statement, from its second use on. `onDropped` is told a name that is given
   * up for it.
   */
  nameOf(text: string, onDropped: (name: string) => void): string | undefined {
    const isKnown = this.#names.has(text);
    const name = isKnown ? (this.#names.get(text) ?? madeOf(text)) : undefined;
    this.#names.delete(text);
    this.#names.set(text, name);
    if (this.#names.size > this.#max) {
      const [oldest] = this.#names;
      const [oldText, oldName] = oldest as [string, string | undefined];
      this.#names.delete(oldText);
      if (oldName !== undefined) onDropped(oldName);
    }
    return name;
  }

  /** The statement counts as never used. */
  forget(text: string): void {
    this.#names.delete(text);
  }
}

const madeOf = (text: string): string => `covault_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
