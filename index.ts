/** The library's door. */
export { openSystem, readTask, compareTask, verdictSentence } from "./actors/index.ts";
export type {
  MyriadSystem,
  SessionDocument,
  SessionEnding,
  SessionHooks,
  SystemOptions,
  Task,
} from "./actors/index.ts";
export { actor, createSystem, defineApp } from "./runtime/index.ts";
export type { ActorContext, ActorRef, ActorSystem, ActorType, Reply } from "./runtime/index.ts";
export { MyriadError, seededRandom, systemClock } from "./runtime/contracts/index.ts";
export type { Clock, Journal, Random } from "./runtime/contracts/index.ts";
