export { actor } from "./actor.ts";
export type {
  ActorContext,
  ActorDefinition,
  ActorType,
  AnyActorType,
  Behaviour,
  Signal,
  Spawner,
  SpawnOptions,
  StopReason,
} from "./actor.ts";
export { defineApp } from "./app.ts";
export type { App } from "./app.ts";
export { createSystem } from "./system.ts";
export type { ActorSystem, SystemInfo } from "./system.ts";
export type { SystemOptions } from "./system-options.ts";
export type { Placement } from "./placement.ts";
export { transfer } from "./threads/codec.ts";
export type { FieldType, FieldTypeOf, Layout, Layouts } from "./threads/layout.ts";
export type { ThreadOptions, ThreadTransport } from "./threads/thread-options.ts";
export type { NodeOptions } from "./nodes/node-options.ts";
export type { ActorRef, AnyRef } from "./ref.ts";
export type { AskOptions, Reply } from "./ask.ts";
export type { Timers } from "./timers.ts";
export type { MailboxLimits, MailboxOptions, Overflow, TypedMailboxOptions } from "./mailbox.ts";
export type {
  Backoff,
  Directive,
  FailedChild,
  Strategy,
  Supervision,
  SupervisionRules,
} from "./supervision.ts";
export { eventSourced } from "./persistence/event-sourced.ts";
export type { Decision, EventSourcedDefinition } from "./persistence/event-sourced.ts";
export type { EventSchema, StoredEvent } from "./persistence/event-schema.ts";
export { project } from "./persistence/projection.ts";
export type { Projected, Projection, ProjectionDefinition } from "./persistence/projection.ts";
export { formatAddress, makeAddress, parseAddress } from "./address.ts";
export type { ActorPath, Address, AddressParts, Incarnation, NodeName } from "./address.ts";
export { EventStream } from "./event-stream.ts";
export { Inspection } from "./inspection/inspection.ts";
export type { ActorStatus, ActorView, TracedMessage } from "./inspection/inspection.ts";
export { NodeObserver } from "./inspection/node-observer.ts";
export { observer } from "./inspection/observer.ts";
export type { ActorAction, LetterView, ObserverMessage, Observing } from "./inspection/observer.ts";
export type { RuntimeEvent } from "./events.ts";
export type { DeadLetter, DeadLetterReason, DeadLetters, Replay } from "./dead-letters.ts";
export {
  askAll,
  askFirst,
  broadcast,
  byKey,
  CircuitBreaker,
  exponentialWaitMs,
  filtering,
  Flow,
  isRefusal,
  mapping,
  pool,
  Registry,
  registry,
  retry,
  router,
  sink,
  source,
  stage,
} from "./patterns/index.ts";
export type {
  ByKeyDefinition,
  CircuitBreakerOptions,
  CircuitState,
  FlowMessage,
  FlowPart,
  Keyed,
  PartOptions,
  PoolArgs,
  PoolDefinition,
  RegistryEvent,
  RegistryMessage,
  RetryOptions,
  Route,
  Router,
  RunOptions,
} from "./patterns/index.ts";
export { RUNTIME_ERRORS } from "./errors.ts";
export type {
  Distribution,
  InstanceMetrics,
  Measures,
  MetricsOptions,
  Span,
  SystemMetrics,
  Telemetry,
  TelemetryOptions,
  TraceOptions,
  TypeMetrics,
} from "./telemetry/index.ts";
export { MyriadError, NO_STREAM, seededRandom, systemClock } from "./contracts/index.ts";
export type {
  Cancel,
  Clock,
  ErrorDefinition,
  ErrorDetail,
  ErrorTable,
  Fault,
  Fence,
  Journal,
  JournalEvent,
  Random,
  Revision,
  Snapshot,
  Transport,
  WireError,
} from "./contracts/index.ts";
