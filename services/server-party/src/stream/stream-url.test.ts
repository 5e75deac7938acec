import { describe, expect, it } from "vitest";
import { streamUrl } from "./stream-url.ts";

describe("streamUrl", () => {
  it.each([
    ["http://127.0.0.1:8082", "ws://127.0.0.1:8082/v1/stream"],
    ["https://router.example/", "wss://router.example/v1/stream"],
    ["ws://router:1/v1/stream", "ws://router:1/v1/stream"],
    ["wss://router/covault/v1/stream", "wss://router/covault/v1/stream"],
  ])("of %s is %s", (given, url) => expect(streamUrl(given)).toBe(url));
});
