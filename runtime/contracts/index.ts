export { decodeError, encodeError, errorsOf, MyriadError, UNEXPECTED } from "./errors.ts";
export type { ErrorDefinition, ErrorDetail, ErrorTable, Fault, WireError } from "./errors.ts";
export {
  checksOf,
  hasMethods,
  isAsyncIterable,
  isBetween,
  isClock,
  isFunction,
  isIterable,
  isJournal,
  isObject,
  isOptionalFunction,
  isRandom,
  isSignal,
  isText,
  isThenable,
  isTransport,
  isWhole,
  shown,
} from "./checks.ts";
export type { Check } from "./checks.ts";
export { systemClock } from "./clock.ts";
export type { Cancel, Clock } from "./clock.ts";
export { seededRandom } from "./random.ts";
export type { Random } from "./random.ts";
export { NO_STREAM } from "./journal.ts";
export type { Fence, Journal, JournalEvent, Revision, Snapshot } from "./journal.ts";
export type { Executor, Kernel, KernelContext, KernelFunction, RunOptions } from "./executor.ts";
export type { Transport } from "./transport.ts";
