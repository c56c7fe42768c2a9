/**
 * A node process of a local cluster. One that ends by itself is started again, a little later each time until it has
 * lasted a while. It is tethered by its channel: when the process here is gone, however it went, the node ends too.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import { Waits } from "./waits.ts";

export interface LocalNodeOptions {
  readonly name: string;
  /** The command line that runs it. */
  readonly command: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** What it writes is added there. */
  readonly log: string;
  readonly clock: Clock;
  readonly onEvent: (event: LocalNodeEvent) => void;
}

export type LocalNodeEvent =
  | { readonly kind: "node-ready"; readonly node: string; readonly pid: number; readonly health: string }
  | {
      readonly kind: "node-ended";
      readonly node: string;
      /** For example `SIGKILL`, or `exit code 4`. */
      readonly how: string;
      readonly againMs: number;
    };

const LOG_SHOWN = 1_500;

export class LocalNode {
  readonly name: string;
  readonly log: string;
  readonly #options: LocalNodeOptions;
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #health: string | null = null;
  #isStopping = false;
  readonly #waits = new Waits();
  #again: Cancel = () => undefined;

  constructor(options: LocalNodeOptions) {
    this.name = options.name;
    this.log = options.log;
    this.#options = options;
  }

  /** Null: it does not run just now. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Where its health is served; null: it is not ready. */
  get health(): string | null {
    return this.#health;
  }

  /** Starts it for the first time, and resolves when it is ready. @throws LOCAL_CLUSTER_FAILED when it ends before */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#run(resolve, (how) => void this.#failure(how).then(reject)).catch(reject);
    });
  }

  /** Lets it drain, ends it hard when it is late, and resolves when it is gone. */
  async stop(withinMs: number): Promise<void> {
    this.#isStopping = true;
    this.#again();
    const child = this.#child;
    if (child === null) return;
    child.kill("SIGTERM");
    // One that was stopped hears nothing else.
    child.kill("SIGCONT");
    const late = setTimeout(() => child.kill("SIGKILL"), withinMs);
    await this.#ended;
    clearTimeout(late);
  }

  /** @param unready called when it ends before it was ready; without it, it is started again */
  async #run(ready: () => void, unready: ((how: string) => void) | null): Promise<void> {
    const { command, environment, clock, onEvent, name } = this.#options;
    const file = await open(this.log, "a");
    if (this.#isStopping) {
      await file.close();
      return;
    }
    const [program, ...words] = command;
    // In a process group of its own: Ctrl-C is for the process here, which lets the node drain.
    const child = spawn(program!, words, {
      env: environment,
      detached: true,
      stdio: ["ignore", file.fd, file.fd, "ipc"],
    });
    await file.close();
    this.#child = child;
    const startedAt = clock.monotonic();
    this.#ended = new Promise((resolve) => {
      const gone = (how: string): void => {
        if (this.#child !== child) return;
        const wasReady = this.#health !== null;
        this.#child = null;
        this.#health = null;
        resolve();
        if (this.#isStopping) return;
        if (!wasReady && unready !== null) unready(how);
        else this.#startAgain(how, clock.monotonic() - startedAt);
      };
      child.once("exit", (code, signal) => gone(signal ?? `exit code ${code ?? 0}`));
      child.once("error", (error) => gone(error.message));
    });
    child.on("message", (message) => {
      const health = healthIn(message);
      if (health === null || this.#child !== child) return;
      this.#health = health;
      onEvent({ kind: "node-ready", node: name, pid: child.pid!, health });
      ready();
    });
  }

  #startAgain(how: string, lastedMs: number): void {
    const { clock, onEvent, name } = this.#options;
    const againMs = this.#waits.afterLife(lastedMs);
    onEvent({ kind: "node-ended", node: name, how, againMs });
    this.#again = clock.schedule(againMs, () => {
      this.#run(() => undefined, null).catch((error: unknown) => this.#startAgain(String(error), 0));
    });
  }

  async #failure(how: string): Promise<Error> {
    const text = await readFile(this.log, "utf8").catch(() => "");
    const said = text.trim().slice(-LOG_SHOWN);
    return clusterError("LOCAL_CLUSTER_FAILED", `${this.name} ended before it was ready (${how}): ${said}`, {
      location: this.log,
    });
  }
}

function healthIn(message: unknown): string | null {
  if (typeof message !== "object" || message === null) return null;
  const { kind, health } = message as { readonly kind?: unknown; readonly health?: unknown };
  return kind === "ready" && typeof health === "string" ? health : null;
}
