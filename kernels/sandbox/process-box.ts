/**
 * One bubblewrap process: made, moved to its control group, let go, killed.
 *
 *   parent                                        bubblewrap
 *   spawns it                                 ->  makes namespaces, mounts, files; stands still
 *   moves it to its control group, lets it go <-  the id of its inner process
 *                                             ->  runs the command
 *                                             <-  exit code, when the command was really started
 *
 * The inner process is the first of its process namespace: killing it is killing all that the command started. It
 * is also killed by the kernel when this process, or bubblewrap, is gone.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "../../runtime/contracts/index.ts";
import { FILTER_FD, FIRST_FILE_FD, NOBODY, START_FD, STATUS_FD } from "./process-bubblewrap.ts";
import type { Cgroup } from "./process-cgroups.ts";

export interface BoxOptions {
  /** The whole command line, of boxCommand. */
  readonly command: readonly string[];
  readonly input: "ignore" | "pipe";
  /** Host files that become FIRST_FILE_FD and on. */
  readonly files: readonly string[];
  /** One more pipe, at FIRST_FILE_FD, where there are no files. */
  readonly answers?: boolean;
  readonly filter: string;
  /** Descriptors that this process would hand on without knowing: the sandbox finds /dev/null there. */
  readonly shielded: readonly number[];
  readonly group: Cgroup | null;
  readonly clock: Clock;
  /** It is limited and runs now. */
  readonly onStart: (pid: number) => void;
  /** The command has ended. */
  readonly onExit: () => void;
  /** No process of the sandbox is left, and both streams are read to their ends. */
  readonly onClose: () => void;
}

/** How long bubblewrap is given to start the command, whatever the limits. */
const SETUP_MS = 10_000;
const MAX_STATUS_CHARACTERS = 10_000;

export class Box {
  readonly process: ChildProcess;
  readonly #options: BoxOptions;
  #status = "";
  #pid: number | null = null;
  #killed = false;
  #complaint = "";
  readonly #stopWaiting: () => void;

  constructor(options: BoxOptions) {
    this.#options = options;
    const { command, input, clock } = options;
    const opened = openFiles(options);
    this.process = spawn(command[0]!, command.slice(1), {
      // bubblewrap's own environment, outside of the sandbox.
      env: {},
      stdio: [input, "pipe", "pipe", "pipe", "pipe", ...opened.stdio],
      ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
      // A session of its own: what a terminal sends to this process is not the sandbox's affair.
      detached: true,
    });
    for (const fd of opened.fds) closeSync(fd);
    this.process.once("error", (error) => {
      this.#complaint = error.message;
      this.#closed();
    });
    this.process.once("exit", () => {
      this.#stopWaiting();
      options.onExit();
    });
    this.process.once("close", () => this.#closed());
    const streams = this.process.stdio as unknown as readonly (Readable | Writable | null)[];
    // Whatever breaks in a pipe is told of by the end of the process.
    for (const stream of streams) stream?.on("error", () => undefined);
    (streams[STATUS_FD] as Readable).setEncoding("latin1").on("data", (text: string) => {
      if (this.#status.length < MAX_STATUS_CHARACTERS) this.#status += text;
      if (this.#pid === null) this.#made();
    });
    this.#stopWaiting = clock.schedule(SETUP_MS, () => this.#tooLate());
  }

  /** The pipe at FIRST_FILE_FD. */
  get answers(): Readable {
    return this.process.stdio[FIRST_FILE_FD as 3] as Readable;
  }

  /** Null unless the command was really started and has ended. */
  get exitCode(): number | null {
    const code = /"exit-code":\s*(\d+)/.exec(this.#status)?.[1];
    return code === undefined ? null : Number(code);
  }

  /** Why bubblewrap itself could not be started, or took too long; empty otherwise. */
  get complaint(): string {
    return this.#complaint;
  }

  /**
   * The inner process, so that bubblewrap reaps it. While nobody knows the inner one it is waited for: without its
   * bubblewrap it might wait for ever.
   */
  kill(): void {
    this.#killed = true;
    try {
      if (this.#pid !== null) process.kill(this.#pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }

  #made(): void {
    const pid = /"child-pid":\s*(\d+)/.exec(this.#status)?.[1];
    if (pid === undefined) return;
    this.#pid = Number(pid);
    this.#stopWaiting();
    if (this.#killed) this.kill();
    else if (this.#isLimited(this.#pid)) {
      this.#options.onStart(this.#pid);
      (this.process.stdio[START_FD] as Writable).end("x");
    } else {
      // Without its limits it must not run.
      this.#complaint = "the sandbox could not be moved to its control group";
      this.kill();
    }
  }

  #isLimited(pid: number): boolean {
    try {
      this.#options.group?.add(pid);
      return true;
    } catch {
      return false;
    }
  }

  #tooLate(): void {
    this.#complaint = `bubblewrap made no sandbox in ${SETUP_MS} ms`;
    this.#killed = true;
    this.process.kill("SIGKILL");
  }

  /** The kernel takes a moment to end what the command left behind; this is awaited without leaving the thread. */
  #closed(): void {
    this.#stopWaiting();
    if ((this.#options.group?.processes().length ?? 0) === 0) this.#options.onClose();
    else setImmediate(() => this.#closed());
  }
}

function openFiles({ filter, files, answers = false, shielded }: BoxOptions): {
  readonly fds: readonly number[];
  readonly stdio: readonly (number | "ignore" | "pipe")[];
} {
  const given = [filter, ...files].map((path) => openSync(path, "r"));
  const nothing = shielded.length === 0 ? [] : [openSync("/dev/null", "r+")];
  const own = [...given, ...(answers ? (["pipe"] as const) : [])];
  const last = Math.max(FILTER_FD + own.length - 1, ...shielded);
  const stdio = Array.from({ length: last - FILTER_FD + 1 }, (_, at) => {
    return own[at] ?? (shielded.includes(FILTER_FD + at) ? nothing[0]! : "ignore");
  });
  return { fds: [...given, ...nothing], stdio };
}
