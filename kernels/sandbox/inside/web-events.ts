/** Event, CustomEvent, EventTarget, AbortController and AbortSignal, without a tree: an event has one target. */
import { publishClass } from "./slots.ts";
import { domException, installDOMException } from "./web-exception.ts";
import { startTimer } from "./web-timers.ts";
import { elapsedMs } from "./virtual-clock.ts";
import { textOf } from "./web-text.ts";

interface EventOptions {
  readonly bubbles?: unknown;
  readonly cancelable?: unknown;
  readonly composed?: unknown;
}

export class Event {
  readonly #type: string;
  readonly #options: EventOptions;
  readonly #timeStamp: number = elapsedMs();
  #target: EventTarget | null = null;
  #current: EventTarget | null = null;
  #prevented = false;
  #stopped = false;
  #propagates = true;

  constructor(type: unknown, options: EventOptions | null = {}) {
    if (arguments.length === 0) throw new TypeError("An event needs a type");
    this.#type = textOf(type);
    this.#options = options ?? {};
  }

  get type(): string {
    return this.#type;
  }
  get target(): EventTarget | null {
    return this.#target;
  }
  get srcElement(): EventTarget | null {
    return this.#target;
  }
  get currentTarget(): EventTarget | null {
    return this.#current;
  }
  get bubbles(): boolean {
    return Boolean(this.#options.bubbles);
  }
  get cancelable(): boolean {
    return Boolean(this.#options.cancelable);
  }
  get composed(): boolean {
    return Boolean(this.#options.composed);
  }
  get defaultPrevented(): boolean {
    return this.#prevented;
  }
  get returnValue(): boolean {
    return !this.#prevented;
  }
  get eventPhase(): number {
    return this.#current === null ? 0 : 2;
  }
  get isTrusted(): boolean {
    return false;
  }
  get timeStamp(): number {
    return this.#timeStamp;
  }
  get cancelBubble(): boolean {
    return !this.#propagates;
  }
  composedPath(): EventTarget[] {
    return this.#current === null ? [] : [this.#current];
  }
  preventDefault(): void {
    this.#prevented ||= this.cancelable && this.#current !== null && !passive;
  }
  stopPropagation(): void {
    this.#propagates = false;
  }
  stopImmediatePropagation(): void {
    this.#propagates = false;
    this.#stopped = true;
  }

  static begin(event: Event, target: EventTarget): void {
    if (event.#current !== null)
      throw domException("The event is already being dispatched", "InvalidStateError");
    event.#target = event.#current = target;
  }
  static isStopped(event: Event): boolean {
    return event.#stopped;
  }
  static end(event: Event): boolean {
    event.#current = null;
    event.#stopped = false;
    event.#propagates = true;
    return !event.#prevented;
  }
}

/** While a passive listener runs, `preventDefault` does nothing. */
let passive = false;

export class CustomEvent extends Event {
  readonly #detail: unknown;

  constructor(type: unknown, options: (EventOptions & { readonly detail?: unknown }) | null = {}) {
    if (arguments.length === 0) throw new TypeError("An event needs a type");
    super(type, options);
    this.#detail = options?.detail ?? null;
  }

  get detail(): unknown {
    return this.#detail;
  }
}

interface Listener {
  readonly type: string;
  readonly callback: unknown;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  removed: boolean;
}

interface ListenerOptions {
  readonly capture?: unknown;
  readonly once?: unknown;
  readonly passive?: unknown;
  readonly signal?: AbortSignal;
}

function captures(options: unknown): boolean {
  return typeof options === "object" && options !== null
    ? Boolean((options as ListenerOptions).capture)
    : Boolean(options);
}

export class EventTarget {
  #listeners: readonly Listener[] = [];

  addEventListener(name: unknown, callback: unknown, options?: ListenerOptions | boolean | null): void {
    const type = textOf(name);
    const capture = captures(options);
    const given: ListenerOptions = typeof options === "object" && options !== null ? options : {};
    if (callback === null || callback === undefined || given.signal?.aborted === true) return;
    const same = (held: Listener): boolean => isListener(held, type, callback, capture);
    if (this.#listeners.some(same)) return;
    const { once, passive: isPassive } = given;
    const listener = {
      type,
      callback,
      capture,
      once: Boolean(once),
      passive: Boolean(isPassive),
      removed: false,
    };
    this.#listeners = [...this.#listeners, listener];
    given.signal?.addEventListener("abort", () => this.#remove(listener), { once: true });
  }

  removeEventListener(type: unknown, callback: unknown, options?: unknown): void {
    const capture = captures(options);
    const held = this.#listeners.find((one) => isListener(one, textOf(type), callback, capture));
    if (held !== undefined) this.#remove(held);
  }

  dispatchEvent(event: Event): boolean {
    if (!(event instanceof Event)) throw new TypeError("What is dispatched is an event");
    Event.begin(event, this);
    const { type } = event;
    for (const listener of this.#listeners) {
      if (listener.type !== type || listener.removed) continue;
      if (listener.once) this.#remove(listener);
      this.#hear(listener, event);
      if (Event.isStopped(event)) break;
    }
    return Event.end(event);
  }

  #hear({ callback, passive: isPassive }: Listener, event: Event): void {
    passive = isPassive;
    try {
      if (typeof callback === "function") callback.call(this, event);
      else (callback as { readonly handleEvent: (event: Event) => void }).handleEvent(event);
    } catch {
      // What a listener throws is reported elsewhere and stops no other listener; here nobody reports.
    } finally {
      passive = false;
    }
  }

  #remove(listener: Listener): void {
    listener.removed = true;
    this.#listeners = this.#listeners.filter((held) => held !== listener);
  }
}

function isListener(held: Listener, type: string, callback: unknown, capture: boolean): boolean {
  return held.type === type && held.callback === callback && held.capture === capture;
}

const OURS = Symbol("made by this platform");

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown;
  #onabort: unknown = null;
  readonly #dependents: AbortSignal[] = [];

  constructor(token?: unknown) {
    if (token !== OURS) throw new TypeError("Illegal constructor");
    super();
  }

  get aborted(): boolean {
    return this.#aborted;
  }
  get reason(): unknown {
    return this.#reason;
  }
  get onabort(): unknown {
    return this.#onabort;
  }
  set onabort(handler: unknown) {
    this.removeEventListener("abort", this.#onabort);
    this.#onabort = typeof handler === "function" ? handler : null;
    this.addEventListener("abort", this.#onabort);
  }
  throwIfAborted(): void {
    // Whatever the program gave as its reason.
    if (this.#aborted) throw this.#reason as Error;
  }

  /** Itself first, then all that follow it and are not yet aborted, each once. */
  #withDependents(found: AbortSignal[]): AbortSignal[] {
    if (this.#aborted || found.includes(this)) return found;
    found.push(this);
    for (const dependent of this.#dependents) dependent.#withDependents(found);
    return found;
  }

  static fire(signal: AbortSignal, given: unknown): void {
    if (signal.#aborted) return;
    const reason = given === undefined ? domException("This operation was aborted", "AbortError") : given;
    const all = signal.#withDependents([]);
    for (const one of all) {
      one.#aborted = true;
      one.#reason = reason;
    }
    for (const one of all) one.dispatchEvent(new Event("abort"));
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(OURS);
    AbortSignal.fire(signal, reason);
    return signal;
  }

  static timeout(delayMs: number): AbortSignal {
    const signal = new AbortSignal(OURS);
    const end = (): void => {
      AbortSignal.fire(signal, domException("The operation was aborted due to timeout", "TimeoutError"));
    };
    startTimer(end, Math.max(Math.trunc(delayMs), 1), false, []).unref();
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const made = new AbortSignal(OURS);
    const sources = [...signals];
    for (const source of sources) {
      if (!source.#aborted) continue;
      made.#aborted = true;
      made.#reason = source.#reason;
      return made;
    }
    for (const source of sources) source.#dependents.push(made);
    return made;
  }
}

export class AbortController {
  readonly #signal = new AbortSignal(OURS);

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    AbortSignal.fire(this.#signal, reason);
  }
}

export function installEvents(): void {
  installDOMException();
  publishClass("Event", Event);
  publishClass("CustomEvent", CustomEvent);
  publishClass("EventTarget", EventTarget);
  publishClass("AbortSignal", AbortSignal);
  publishClass("AbortController", AbortController);
}
