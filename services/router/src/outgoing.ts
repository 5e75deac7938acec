// The writing half of a stream: frames go out no further than the socket's bound; deliveries wait for their Received (RT12, RT15).
import type { RoutedMessage } from "@covault/wire";
import type { WebSocket } from "ws";
import type { Counters } from "./counters.ts";
import { encodeFrame, type FrameBody } from "./frames.ts";

export interface Outgoing {
  /** Answers and the like: written at once. */
  write(frame: FrameBody): void;
  /** Resolves with the receiver's Received; rejects when the stream ends first. */
  deliver(message: RoutedMessage): Promise<void>;
  received(seq: bigint): void;
  /** The socket holds more than its bound: nothing more should be read from this peer. */
  readonly congested: boolean;
  end(): void;
}

interface Delivery {
  readonly message: RoutedMessage;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface OutgoingEvents {
  /** A congested socket wrote something: its peer reads, if slowly. */
  readonly onProgress: () => void;
  /** The socket fell below its bound again. */
  readonly onRelief: () => void;
}

export function makeOutgoing(socket: WebSocket, socketBytesMax: number, counters: Counters, events: OutgoingEvents): Outgoing {
  const unacknowledged = new Map<bigint, Delivery>();
  const waiting: Delivery[] = [];
  let seq = 0n;
  let bytesHeld = 0;
  let ended = false;

  function write(frame: FrameBody): void {
    if (ended) return;
    const bytes = encodeFrame(frame);
    counters.frame("out", frame.case ?? "none");
    bytesHeld += bytes.length;
    socket.send(bytes, () => {
      const before = bytesHeld;
      bytesHeld -= bytes.length;
      if (before < socketBytesMax) return;
      events.onProgress();
      if (bytesHeld >= socketBytesMax) return;
      flush();
      events.onRelief();
    });
  }
  function flush(): void {
    while (!ended && bytesHeld < socketBytesMax) {
      const delivery = waiting.shift();
      if (delivery === undefined) return;
      seq++;
      unacknowledged.set(seq, delivery);
      const { from, payload, messageId } = delivery.message;
      write({ case: "deliver", value: { seq, payload, messageId, ...(from === undefined ? {} : { from }) } });
    }
  }
  return {
    write,
    deliver: (message) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(new Error("the stream has ended"));
        waiting.push({ message, resolve, reject });
        flush();
      }),
    received(number) {
      const delivery = unacknowledged.get(number);
      if (delivery === undefined) return counters.drop("unknown-receipt");
      unacknowledged.delete(number);
      delivery.resolve();
    },
    get congested() {
      return bytesHeld >= socketBytesMax;
    },
    end() {
      ended = true;
      const error = new Error("the stream has ended");
      for (const delivery of [...unacknowledged.values(), ...waiting]) delivery.reject(error);
      unacknowledged.clear();
      waiting.length = 0;
    },
  };
}
