export { createTestSystem } from "./test-system.ts";
export type { TestSystem, TestSystemOptions } from "./test-system.ts";
export { createWorld } from "./world.ts";
export type { World, WorldOptions } from "./world.ts";
export type { Probe, Within } from "./probe.ts";
export { VirtualClock } from "./virtual-clock.ts";
export { TESTKIT_ERRORS } from "./errors.ts";
