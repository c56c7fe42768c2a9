/** Time is injected: production code takes a `Clock`, tests give it a virtual one. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC; may jump when the machine's time is set. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes backwards. */
  monotonic(): number;
  /** Runs `action` once, no sooner than `delayMs` from now. Cancelling after it ran does nothing. */
  schedule(delayMs: number, action: () => void): Cancel;
}

export type Cancel = () => void;

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
