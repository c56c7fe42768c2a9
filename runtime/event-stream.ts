import { isFunction, isText } from "./contracts/index.ts";
import { check, runtimeError } from "./errors.ts";

/** So many events of one kind may come of one: far more than anybody means, and soon over. */
const MOST_AT_ONCE = 10_000;

/** An event that is being given to its listeners, and those of the same kind that have come meanwhile. */
interface Publication<Event> {
  readonly events: Event[];
  isCut: boolean;
}

/**
 * A stream of events to listen to by kind. Listeners are called at once, in the order they came, on the
 * publisher's stack; keep them short. One that throws is reported to `onListenerError` and disturbs nobody.
 *
 * An event of a kind that is being published comes after it, when all have been given that one. Listeners that
 * bring about ever more events of the kind they listen to are given 10,000 at once: that there were more is
 * reported to `onListenerError` (EVENTS_ENDLESS), and these are given to nobody.
 */
export class EventStream<Event extends { readonly kind: string }> {
  readonly #listeners = new Map<string, ((event: Event) => void)[]>();
  readonly #publications = new Map<string, Publication<Event>>();
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
    if (!this.#listeners.has(event.kind)) return;
    const under = this.#publications.get(event.kind);
    if (under !== undefined) {
      this.#postpone(event, under);
      return;
    }
    const events = [event];
    this.#publications.set(event.kind, { events, isCut: false });
    try {
      // What is postponed meanwhile stands at its end.
      for (const each of events) this.#give(each);
    } finally {
      this.#publications.delete(event.kind);
    }
  }

  #postpone(event: Event, publication: Publication<Event>): void {
    if (publication.isCut) return;
    publication.events.push(event);
    if (publication.events.length < MOST_AT_ONCE) return;
    publication.isCut = true;
    const why = `A listener to ${event.kind} has brought about ${MOST_AT_ONCE} of it at once`;
    this.#onListenerError(runtimeError("EVENTS_ENDLESS", why), event);
  }

  #give(event: Event): void {
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
