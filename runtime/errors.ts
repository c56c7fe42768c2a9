import { checksOf, errorsOf, type Check } from "./contracts/index.ts";

/** Every code that the runtime throws, with what it means and what to do about it. */
export const RUNTIME_ERRORS = {
  ACTOR_NAME_INVALID: {
    fault: "internal",
    meaning:
      "The name given to an actor, an actor type or a node holds characters that an address cannot carry.",
    hint: "Use 1 to 200 letters, digits and . _ ~ $ @ : + = % ! * ' ( ) -, or pass the name through encodeURIComponent; names of actors do not begin with $.",
  },
  ACTOR_NAME_TAKEN: {
    fault: "internal",
    meaning: "The parent already has a living child of that name.",
    hint: "Choose another name, leave it out to get an automatic one, or watch the old child and spawn after its terminated signal.",
  },
  ACTOR_NOT_RUNNING: {
    fault: "input",
    meaning: "An actor was to be paused that is starting, has failed or is stopping.",
    hint: "Look at its status, and try again when it is running.",
  },
  ACTOR_RETURNED_PROMISE: {
    fault: "internal",
    meaning: "A function of an actor or a projection that is synchronous returned a promise.",
    hint: "Start the asynchronous work with ctx.pipe(promise, onValue, onError) and return the next state at once.",
  },
  ACTOR_STOPPING: {
    fault: "internal",
    meaning: "An actor that is stopping tried to spawn a child.",
    hint: "Spawn from initial, receive or signal, not from stopped.",
  },
  ACTOR_TYPE_INVALID: {
    fault: "internal",
    meaning:
      "The definition of an actor type lacks a member or has a wrong one, or what was given as an actor type is none.",
    hint: "Make actor types with actor({ name, initial, receive }) or eventSourced, and spawn what they give, no copy of it.",
  },
  ACTOR_TYPE_UNKNOWN: {
    fault: "internal",
    meaning: "No actor type of that name is registered in the app module.",
    hint: "List the type in defineApp({ actors: [...] }).",
  },
  ACTOR_UNKNOWN: {
    fault: "input",
    meaning: "An operator named an actor that does not live on the thread that was asked.",
    hint: "List the actors, and name one by its path.",
  },
  ADDRESS_INVALID: {
    fault: "input",
    meaning: "A text is not an actor address.",
    hint: "An address reads node/path#incarnation, for example local/sessions/a1#17.",
  },
  APP_DUPLICATE_TYPE: {
    fault: "internal",
    meaning: "Two actor types in one app module carry the same name.",
    hint: "Give each actor type its own name.",
  },
  APP_INVALID: {
    fault: "internal",
    meaning: "The definition of an app module makes no sense, or what was given as an app is none.",
    hint: "An app is what defineApp({ actors: [...], module: import.meta.url }) gives.",
  },
  ARGUMENT_INVALID: {
    fault: "internal",
    meaning: "A function of the runtime was given something other than it takes.",
    hint: "The message names what is taken: an object with options, a function, a text, a known kind of event.",
  },
  ASK_CANCELLED: {
    fault: "internal",
    meaning: "The signal given to an ask was aborted before a reply came.",
    hint: "Nothing, if you aborted it; the cause is the signal's reason.",
  },
  ASK_INVALID: {
    fault: "internal",
    meaning:
      "The options of an ask make no sense, or its message is not made by a function, or is a promise.",
    hint: "timeoutMs is a number of milliseconds above 0 and at most 2147483647, signal an AbortSignal.",
  },
  ASK_REFUSED: {
    fault: "internal",
    meaning: "The asked actor answered with reply.fail(...) and gave no coded error.",
    hint: "Look at the cause.",
  },
  ASK_TARGET_FAILED: {
    fault: "internal",
    meaning: "The asked actor crashed before it replied.",
    hint: "Look at the cause; ask again if the question may be repeated.",
  },
  ASK_TARGET_STOPPED: {
    fault: "internal",
    meaning: "The asked actor was stopped, or stopped before it replied.",
    hint: "Watch the actor, or look its replacement up before asking again.",
  },
  ASK_TARGET_UNKNOWN: {
    fault: "internal",
    meaning: "No actor has ever been reachable at the asked address.",
    hint: "Check the address and its incarnation.",
  },
  ASK_TIMEOUT: {
    fault: "internal",
    meaning: "No reply came within the timeout of the ask.",
    hint: "Raise timeoutMs, or find out why the target is slow.",
  },
  BREAKER_INVALID: {
    fault: "internal",
    meaning: "The options of a circuit breaker make no sense.",
    hint: "clock is a Clock; failures is a whole number from 1; openMs is finite and positive; isFailure and what is called are functions.",
  },
  CIRCUIT_OPEN: {
    fault: "internal",
    meaning: "The target has failed so often in a row that it is left alone for a while; it was not called.",
    hint: "Go on without it, or try again after the time that the message names.",
  },
  CONTEXT_OUTSIDE_TURN: {
    fault: "internal",
    meaning:
      "An actor's context was used while the actor was not handling anything, for example after an await.",
    hint: "Use ctx only inside initial, receive, signal and stopped; bring asynchronous results home with ctx.pipe.",
  },
  DEATH_PACT: {
    fault: "internal",
    meaning: "An actor that watches another has no signal handler, and the watched one stopped.",
    hint: "Give the actor type a signal member, or do not watch.",
  },
  EVENTS_ENDLESS: {
    fault: "internal",
    meaning:
      "A listener brings about ever more events of the kind that it listens to; beyond 10,000 at once they are given to nobody.",
    hint: "Do in a listener nothing that publishes what it listens to: one of dead letters does not tell the dead.",
  },
  EVENTS_NOT_KEPT: {
    fault: "internal",
    meaning: "The journal did not keep what an event-sourced actor has decided; no effect of it has run.",
    hint: "Look at the cause; a restart recovers what the journal has, and its sender may send the command again.",
  },
  EVENT_VERSION_UNKNOWN: {
    fault: "internal",
    meaning:
      "A stream holds an event of a newer version than this code, or something that no event-sourced actor has written.",
    hint: "Run the code that wrote it or newer code; keep other data in streams of their own.",
  },
  FLOW_FAILED: {
    fault: "internal",
    meaning: "A part of a flow has failed or stopped before the flow was complete.",
    hint: "Look at the cause; items that were under way were not handled.",
  },
  FLOW_INVALID: {
    fault: "internal",
    meaning: "A part of a flow, or an option, makes no sense.",
    hint: "Parts are made by source, stage, mapping, filtering and sink, each with a function; window, how many items may be under way between two parts, is a whole number from 1 to 1024.",
  },
  JOURNAL_MISSING: {
    fault: "internal",
    meaning: "An event-sourced actor was started where neither its type nor its system has a journal.",
    hint: "Pass a journal to createSystem, or name one in the definition; on worker threads only the latter is known.",
  },
  LINK_BROKEN: {
    fault: "internal",
    meaning: "An actor that this one is linked to has stopped because of a failure, or was never there.",
    hint: "Look at the cause; watch instead of linking where one may go on without the other.",
  },
  MAILBOX_FULL: {
    fault: "internal",
    meaning:
      "The receiver's mailbox has reached its capacity, and its overflow policy is fail, or wait and the sender is no other actor.",
    hint: "Slow down, await ref.room() and tell again, raise the capacity, or choose another policy at spawn.",
  },
  MAILBOX_INVALID: {
    fault: "internal",
    meaning: "A mailbox capacity or overflow policy makes no sense.",
    hint: "capacity is a whole number from 1 to 2^30; overflow is fail, drop-newest, drop-oldest or wait; priority is a function and does not go with drop-oldest.",
  },
  MESSAGE_REFUSED: {
    fault: "internal",
    meaning:
      "An actor of the runtime's own, a registry, a keeper or a pool, could not read a message or pass it on; it goes on as it was.",
    hint: "Look at the cause; the message is a dead letter (refused).",
  },
  MESSAGE_UNSENDABLE: {
    fault: "internal",
    meaning:
      "A message, the arguments of a spawn or a reply holds something that cannot go to another thread.",
    hint: "Send data: no functions, symbols, promises or proxies; refs and replies may be part of it.",
  },
  NODES_INVALID: {
    fault: "internal",
    meaning: "The options of nodes make no sense.",
    hint: "The transport has open, send, close and a maxBytes of 1,024 or more; aliveMs is at least 10 ms, lostMs at least twice that.",
  },
  NODE_FRAMES_INVALID: {
    fault: "internal",
    meaning: "Another node has sent what no node of this version sends; the session with it was ended.",
    hint: "Let only nodes of one version, and nobody else, send to the transport.",
  },
  NODE_LOST: {
    fault: "internal",
    meaning: "Another node gives no sign of life, has ended the session, or was started anew.",
    hint: "Look at the cause; what is sent to it next is tried again, and what it had not confirmed may have come.",
  },
  PERSISTENCE_INVALID: {
    fault: "internal",
    meaning:
      "The options of an event-sourced actor or a projection make no sense, or what such an actor has decided.",
    hint: "Versions and counts are whole numbers from 1, every version before the newest has its upcaster, and a decision is an object with an array of events, an effect, both or neither.",
  },
  PLACEMENT_INVALID: {
    fault: "internal",
    meaning: "The placement of a spawn makes no sense, or names a thread that the system does not have.",
    hint: "A placement is local, spread, { thread } from 0 to the number of workers, or { key }.",
  },
  RECOVERY_FAILED: {
    fault: "internal",
    meaning: "The events of an event-sourced actor could not be read back and folded.",
    hint: "Look at the cause: the journal, an upcaster or apply.",
  },
  REF_FOREIGN: {
    fault: "internal",
    meaning: "Something that no actor system has made was used as a ref.",
    hint: "Pass the refs that spawn, ctx.self and resolve give; turn an address into a ref with system.resolve.",
  },
  REGISTRY_NAME_TAKEN: {
    fault: "internal",
    meaning: "Another living actor is registered under that name.",
    hint: "Choose another name, or release it first; subscribe to learn when it becomes free.",
  },
  RESTART_ORDERED: {
    fault: "internal",
    meaning:
      "An operator had the actor restarted; it is the cause of that restart, and no failure of its own.",
    hint: "Nothing: its messages wait and are handled by the next life.",
  },
  RESTARTS_EXHAUSTED: {
    fault: "internal",
    meaning: "A child crashed more often within the window than its supervisor allows.",
    hint: "Look at the cause; raise maxRestarts or withinMs only if the crashes are expected.",
  },
  RETRY_INVALID: {
    fault: "internal",
    meaning: "The options of a retry make no sense, or what is to be tried is no function.",
    hint: "clock and random are needed; attempts, the first one counted, is a whole number from 1; waitMs gives finite milliseconds from 0.",
  },
  ROUTER_EMPTY: {
    fault: "internal",
    meaning: "A router, a pool or a scatter-gather was given nobody to lead to.",
    hint: "Give it one ref, or a pool one worker, at least.",
  },
  ROUTER_INVALID: {
    fault: "internal",
    meaning: "The route of a router, or the size of a pool, makes no sense.",
    hint: "A route is round-robin, least-mailbox or { key } with a function that gives a text; a size is a whole number from 1 to 1000000.",
  },
  SHUTDOWN_DEADLINE: {
    fault: "internal",
    meaning: "Some actors had not stopped when the deadline of the shutdown passed; they were abandoned.",
    hint: "Raise deadlineMs, or make the stopped members of the named actors quicker.",
  },
  STASH_FULL: {
    fault: "internal",
    meaning: "An actor has put aside as many messages as its mailbox holds.",
    hint: "Unstash sooner, raise the mailbox's capacity, or answer what cannot be handled yet.",
  },
  STREAM_CONFLICT: {
    fault: "internal",
    meaning:
      "Somebody else has written to the stream of an event-sourced actor; nothing of this decision was kept.",
    hint: "Give each actor a stream of its own and start it once; a restart recovers what the other has written.",
  },
  SUPERVISION_FAILED: {
    fault: "internal",
    meaning: "The decide function of a supervisor threw or returned something that is not a directive.",
    hint: "decide returns resume, restart, stop or escalate, and throws nothing.",
  },
  SUPERVISION_INVALID: {
    fault: "internal",
    meaning: "The supervision options of an actor type make no sense.",
    hint: "decide is a function; maxRestarts is a whole number from 0 or Infinity; withinMs, minMs, maxMs are finite and positive; jitter lies in [0, 1].",
  },
  SYSTEM_INVALID: {
    fault: "internal",
    meaning: "The options of a system, or of its shutdown, make no sense.",
    hint: "See SystemOptions; deadlineMs is a number of milliseconds from 0.",
  },
  SYSTEM_STOPPED: {
    fault: "internal",
    meaning: "The actor system has been shut down.",
    hint: "Spawn before shutdown, or create another system.",
  },
  TELEMETRY_INVALID: {
    fault: "internal",
    meaning: "The options of telemetry make no sense.",
    hint: "share lies in [0, 1], instances and capacity are whole numbers from 0, onSpan is a function; metrics are by messages or wait.",
  },
  THREADS_INVALID: {
    fault: "internal",
    meaning: "The options for threads make no sense, or the app cannot be imported by a worker thread.",
    hint: "Pass 1 to 63 threads, and an app that its module exports: export const app = defineApp({ actors, module: import.meta.url }).",
  },
  THREAD_LOST: {
    fault: "internal",
    meaning:
      "The thread that an actor lived on has exited, crashed, run out of memory, or was killed because it hung.",
    hint: "Look at the thread-lost event; its supervisor decides what becomes of the actor.",
  },
  TIMER_INVALID: {
    fault: "internal",
    meaning:
      "A timer's key is no text, or its delay no number of milliseconds from 0 (1 for a periodic timer) to 2147483647.",
    hint: "Pass a text and a finite number of milliseconds; for longer waits chain timers.",
  },
  TRANSPORT_FAILED: {
    fault: "internal",
    meaning: "The transport between nodes has thrown when it was opened or closed.",
    hint: "Look at the cause; an address that is taken, or a permission that is missing, often.",
  },
} as const;

export const runtimeError: ReturnType<typeof errorsOf<typeof RUNTIME_ERRORS>> = errorsOf(RUNTIME_ERRORS);

export const check: Check<keyof typeof RUNTIME_ERRORS> = checksOf(runtimeError);
