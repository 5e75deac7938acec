// Port, optional: a counter outside the backed-up store. It tells a restored store from the live one: lost or behind means restored, and then
// no pair is usable and no session goes on (dkls23-spec section 8).

export interface Generation {
  /** Undefined: lost. */
  read(): Promise<number | undefined>;
  write(value: number): Promise<void>;
}
