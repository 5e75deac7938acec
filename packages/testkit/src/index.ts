// In-memory ports, seeded entropy, a world of parties, lying peers and crashes. This package is a
// dev dependency only.
export { CrashPoint } from "./crash.ts";
export { FakeClock } from "./fake-clock.ts";
export { encodeEnvelope, type Flight, Hub, type Intercept } from "./hub.ts";
export { type Lie, lyingProtocols } from "./lies.ts";
export { type MemoryGeneration, memoryGeneration } from "./memory-generation.ts";
export { type CopyableStore, memoryStore } from "./memory-store.ts";
export { type Seeded, seeded } from "./seeded.ts";
export { type Seats, TestCoordinator, type TestSession } from "./test-coordinator.ts";
export { toyKeygen, toyPublicKey } from "./toy-keygen.ts";
export { type Actor, type BootOptions, World, type WorldOptions } from "./world.ts";
