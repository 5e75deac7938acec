import { asCovaultError } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { streamUrl } from "./stream-url.ts";

describe("streamUrl", () => {
  it.each([
    ["http://127.0.0.1:8082", "ws://127.0.0.1:8082/v1/stream"],
    ["https://router.example/", "wss://router.example/v1/stream"],
    ["ws://router:1/v1/stream", "ws://router:1/v1/stream"],
    ["wss://router/covault/v1/stream", "wss://router/covault/v1/stream"],
  ])("of %s is %s", (given, url) => expect(streamUrl(given)).toBe(url));

  it.each(["router:8082", "", "ftp://router", "https://name:hunter2@router"])(
    "refuses %j, naming the variable and showing nothing of it",
    (given) => {
      let message = "accepted";
      try {
        streamUrl(given);
      } catch (error) {
        message = asCovaultError(error)?.message ?? "another error";
      }
      expect(message).toContain("ROUTER_URL");
      expect(message).not.toContain("hunter2");
    },
  );
});
