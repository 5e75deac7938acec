// Public keys that have been read. To read one costs a third of a check or more, and a session
// checks by the same few keys.

const keysMax = 1024;

/**
 * Remembers what `read` gives for a key. Bytes that are no key (undefined) are not remembered, so
 * that strangers do not fill the memory.
 */
export function knownKeys<Parsed>(read: (key: Uint8Array) => Parsed | undefined): (key: Uint8Array) => Parsed | undefined {
  const known = new Map<string, Parsed>();
  return (key) => {
    // Byte by byte: what an object with an iterator of its own says it is need not be what is read.
    let name = "";
    for (let at = 0; at < key.length; at++) name += String.fromCharCode(key[at] as number);
    const before = known.get(name);
    if (before !== undefined) return before;
    const parsed = read(key);
    if (parsed === undefined) return undefined;
    if (known.size >= keysMax) known.clear();
    known.set(name, parsed);
    return parsed;
  };
}
