import { isFunction, isText } from "./contracts/index.ts";
import { check } from "./errors.ts";

/**
 * A stream of events to listen to by kind. Listeners are called at once, in the order they came, on the
 * publisher's stack; keep them short. One that throws is reported to `onListenerError` and disturbs nobody.
 */
export class EventStream<Event extends { readonly kind: string }> {
  readonly #listeners = new Map<string, ((event: Event) => void)[]>();
  #tellInterest = (): void => undefined;
  readonly #onListenerError: (error: unknown, event: Event) => void;
  /** Null: any. */
  readonly #kinds: ReadonlySet<string> | null;

  /**
   * @param kinds all that there are, where that is known: nobody then waits for another.
   * @throws ARGUMENT_INVALID
   */
  constructor(onListenerError: (error: unknown, event: Event) => void, kinds?: readonly Event["kind"][]) {
    const isKinds = kinds === undefined || Array.isArray(kinds);
    check(isFunction(onListenerError), "ARGUMENT_INVALID", "onListenerError is a function", onListenerError);
    check(isKinds, "ARGUMENT_INVALID", "kinds are an array of texts", kinds);
    this.#onListenerError = onListenerError;
    this.#kinds = kinds === undefined ? null : new Set(kinds);
  }

  /**
   * @returns a function that ends the subscription; calling it again does nothing.
   * @throws ARGUMENT_INVALID for a kind of event that there is not, or a listener that is no function
   */
  subscribe<Kind extends Event["kind"]>(
    kind: Kind,
    listener: (event: Extract<Event, { readonly kind: Kind }>) => void,
  ): () => void {
    const isKind = this.#kinds === null ? isText(kind) : this.#kinds.has(kind);
    check(isKind, "ARGUMENT_INVALID", "What is subscribed to is a known kind of event", kind);
    check(isFunction(listener), "ARGUMENT_INVALID", "A listener is a function", listener);
    const entry = (event: Event): void => listener(event as Extract<Event, { readonly kind: Kind }>);
    this.#listeners.set(kind, [...(this.#listeners.get(kind) ?? []), entry]);
    this.#tellInterest();
    return () => {
      const rest = (this.#listeners.get(kind) ?? []).filter((other) => other !== entry);
      if (rest.length > 0) this.#listeners.set(kind, rest);
      else this.#listeners.delete(kind);
      this.#tellInterest();
    };
  }

  /** Calls `tell` with the kinds that are listened to, now and whenever they change. */
  onInterest(tell: (kinds: readonly Event["kind"][]) => void): void {
    this.#tellInterest = () => tell([...this.#listeners.keys()]);
    this.#tellInterest();
  }

  /** Whether anybody listens to `kind`; lets a publisher spare itself making the event. */
  wants(kind: Event["kind"]): boolean {
    return this.#listeners.has(kind);
  }

  publish(event: Event): void {
    // The array is replaced, never changed, so a listener may subscribe and unsubscribe meanwhile.
    for (const listener of this.#listeners.get(event.kind) ?? []) {
      try {
        listener(event);
      } catch (error) {
        this.#onListenerError(error, event);
      }
    }
  }
}
