/**
 * Progress on stderr: on a terminal one line that is rewritten (phase, what is done, rate, time left), piped
 * a plain line a phase, and one every ten seconds of a longer one. Nothing with `--json` or `--quiet`.
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
  let begunAt = clock.monotonic();
  let saidAt = begunAt;
  let doneAtStart: number | null = null;
  return {
    phase(name) {
      begunAt = saidAt = clock.monotonic();
      doneAtStart = null;
      stderr.write(`${name} …\n`);
    },
    note(note) {
      const now = clock.monotonic();
      doneAtStart ??= note.done;
      if (now - saidAt < PLAIN_MS) return;
      saidAt = now;
      stderr.write(`${progressText(note, note.done - doneAtStart, now - begunAt)}\n`);
    },
    end: () => undefined,
  };
}

export function terminalProgress({ stderr }: Streams, clock: Clock): Progress {
  let begunAt = clock.monotonic();
  let drawnAt = -Infinity;
  let doneAtStart: number | null = null;
  const draw = (text: string): void => {
    stderr.write(`\r\u001b[2K${text.slice(0, (stderr.columns ?? 80) - 1)}`);
  };
  return {
    phase(name) {
      begunAt = clock.monotonic();
      drawnAt = -Infinity;
      doneAtStart = null;
      draw(`${name} …`);
    },
    note(note) {
      const now = clock.monotonic();
      doneAtStart ??= note.done;
      if (now - drawnAt < REDRAW_MS && note.done !== note.total) return;
      drawnAt = now;
      draw(progressText(note, note.done - doneAtStart, now - begunAt));
    },
    end: () => draw(""),
  };
}

/** e.g. `burst  12,400 of 20,000 sandboxes, 2,950/s, 3 s left`. */
export function progressText(note: Note, newlyDone: number, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? (newlyDone * 1000) / elapsedMs : 0;
  const parts = [
    `${note.done.toLocaleString("en-US")}${note.total === null ? "" : ` of ${note.total.toLocaleString("en-US")}`} ${note.unit}`,
  ];
  if (note.total !== null && perSecond > 0) {
    if (perSecond >= 1) parts.push(`${Math.round(perSecond).toLocaleString("en-US")}/s`);
    parts.push(`${Math.ceil((note.total - note.done) / perSecond)} s left`);
  }
  if (note.text !== null) parts.push(note.text);
  return `${note.phase}  ${parts.join(", ")}`;
}
