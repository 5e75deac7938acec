// The lines of an answer that is read as it comes. It takes a reader, because not every browser has
// the async iterator.

/** Gives the lines without their ends. */
export async function* linesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string, void, undefined> {
  if (body === null) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let begun = "";
  try {
    for (let isOver = false; !isOver; ) {
      const { done, value } = await reader.read();
      isOver = done;
      const [first = "", ...others] = (done ? decoder.decode() : decoder.decode(value, { stream: true })).split("\n");
      begun += first;
      for (const next of others) {
        yield begun;
        begun = next;
      }
    }
    if (begun !== "") yield begun;
  } finally {
    // A caller that stops early wants no more of it.
    await reader.cancel().catch(() => {});
  }
}
