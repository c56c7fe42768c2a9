/** Time is injected: production code takes a `Clock`, tests give it a virtual one. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC; may jump when the machine's time is set. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes backwards. */
  monotonic(): number;
  /** Runs `action` once, no sooner than `delayMs` from now. Cancelling after it ran does nothing. */
  schedule(delayMs: number, action: () => void): Cancel;
}

/** Takes back what was scheduled; a second call does nothing. */
export type Cancel = () => void;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive. A delay that is not above 0, NaN too, is none. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, action) {
    // A delay beyond the longest would fire at once, so it is waited for in stretches.
    const wantedMs = delayMs > 0 ? delayMs : 0;
    const first = Math.min(wantedMs, LONGEST_TIMER_MS);
    let timer = setTimeout(() => next(wantedMs - first), first);
    const next = (leftMs: number): void => {
      if (leftMs <= 0) action();
      else {
        const stretch = Math.min(leftMs, LONGEST_TIMER_MS);
        timer = setTimeout(() => next(leftMs - stretch), stretch).unref();
      }
    };
    timer.unref();
    return () => clearTimeout(timer);
  },
};
