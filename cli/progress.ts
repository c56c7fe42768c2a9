/**
 * Progress on stderr: on a terminal one line that is rewritten (phase, what is done, rate, time left), piped
 * a plain line a phase, and one every ten seconds of a phase that lasts. Nothing with `--json` or `--quiet`.
 */
import type { ProgressNote } from "../actors/index.ts";
import type { Clock } from "../runtime/contracts/index.ts";
import type { Streams } from "./output.ts";

export interface Progress {
  /** @param name a phase, or more words that say what is done now. */
  phase(name: string): void;
  note(note: Note): void;
  /** Clears the line; call before anything else is printed. */
  end(): void;
}

/** `phase` stands at the beginning of the line. */
export interface Note extends Omit<ProgressNote, "phase"> {
  readonly phase: string;
}

const REDRAW_MS = 100;
const PLAIN_MS = 10_000;

export function silentProgress(): Progress {
  return { phase: () => undefined, note: () => undefined, end: () => undefined };
}

export function plainProgress({ stderr }: Streams, clock: Clock): Progress {
  const pace = new Pace(clock, PLAIN_MS);
  return {
    phase(name) {
      pace.begin(clock.monotonic());
      stderr.write(`${name} …\n`);
    },
    note(note) {
      const text = pace.textOf(note);
      if (text !== null) stderr.write(`${text}\n`);
    },
    end: () => undefined,
  };
}

export function terminalProgress({ stderr }: Streams, clock: Clock): Progress {
  const pace = new Pace(clock, REDRAW_MS);
  const draw = (text: string): void => {
    stderr.write(`\r\u001b[2K${text.slice(0, (stderr.columns ?? 80) - 1)}`);
  };
  return {
    phase(name) {
      pace.begin();
      draw(`${name} …`);
    },
    note(note) {
      const text = pace.textOf(note, note.done === note.total);
      if (text !== null) draw(text);
    },
    end: () => draw(""),
  };
}

/** Lets a line through every so often, and knows since when a phase lasts. */
class Pace {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #begunAt: number;
  #saidAt = -Infinity;
  #doneAtStart: number | null = null;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#begunAt = clock.monotonic();
  }

  /** @param saidAt when a line was said last; default: the next note is said at once */
  begin(saidAt = -Infinity): void {
    this.#begunAt = this.#clock.monotonic();
    this.#saidAt = saidAt;
    this.#doneAtStart = null;
  }

  /** null: it is too early for another line. */
  textOf(note: Note, isDue = false): string | null {
    const now = this.#clock.monotonic();
    this.#doneAtStart ??= note.done;
    if (now - this.#saidAt < this.#everyMs && !isDue) return null;
    this.#saidAt = now;
    return progressText(note, note.done - this.#doneAtStart, now - this.#begunAt);
  }
}

/** e.g. `burst  12,400 of 20,000 sandboxes, 2,950/s, 3 s left`. */
export function progressText(note: Note, newlyDone: number, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? (newlyDone * 1000) / elapsedMs : 0;
  const parts = [
    `${note.done.toLocaleString("en-US")}${note.total === null ? "" : ` of ${note.total.toLocaleString("en-US")}`} ${note.unit}`,
  ];
  if (note.total !== null && perSecond > 0) {
    parts.push(`${Math.round(perSecond).toLocaleString("en-US")}/s`);
    parts.push(`${Math.ceil((note.total - note.done) / perSecond)} s left`);
  }
  if (note.text !== null) parts.push(note.text);
  return `${note.phase}  ${parts.join(", ")}`;
}
