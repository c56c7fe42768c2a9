/** Those who wait for the abort of one signal: one listener for all of them, since platforms warn of more than ten. */
class Waiters {
  readonly #signal: AbortSignal;
  readonly #actions = new Set<() => void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(action: () => void): void {
    if (this.#actions.size === 0) this.#signal.addEventListener("abort", this.#run, { once: true });
    this.#actions.add(action);
  }

  delete(action: () => void): void {
    this.#actions.delete(action);
    if (this.#actions.size === 0) this.#signal.removeEventListener("abort", this.#run);
  }

  readonly #run = (): void => {
    for (const action of [...this.#actions]) action();
  };
}

const WAITERS = new WeakMap<AbortSignal, Waiters>();

/**
 * Calls `action`, a function of its own for each call, when `signal` is aborted; not when it was before.
 * @returns what ends the waiting, and must be called in the end.
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  const waiters = WAITERS.get(signal) ?? new Waiters(signal);
  WAITERS.set(signal, waiters);
  waiters.add(action);
  return () => waiters.delete(action);
}
