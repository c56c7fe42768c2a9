/**
 * What holds a child process of the isolate engine. A carrier says how the process is started and, honestly,
 * what it enforces and what it cannot.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import type { ChildKind } from "./isolate-scripts.ts";
import { usageOf } from "./isolate-usage.ts";
import { machineHere, seccompFilter } from "./process-seccomp.ts";
import type { Isolation, SandboxLimits } from "./protocol.ts";

export type CarrierName = Exclude<Isolation["carrier"], "quickjs-wasm">;

export interface Carrier {
  readonly isolation: Isolation;
  readonly child: ChildKind;
  /** Path of the isolated-vm module for the child; empty elsewhere. */
  readonly isolatedVm: string;
  /** The child's process id comes on descriptor 4, as bubblewrap writes it; else it is the spawned one's. */
  readonly reportsPid: boolean;
  /** A program of system calls that the command line reads from descriptor 5; null: it reads none. */
  readonly filter: Uint8Array | null;
  /** The whole command line. The process reads a length, a script and a request from standard input. */
  command(limits: SandboxLimits, runs: number): readonly string[];
}

export interface CarrierOptions {
  /** Where isolated-vm is, when it cannot be found from here. */
  readonly isolatedVm?: string;
}

/** The carriers that this machine seems to have, best first; only starting one shows whether it works. */
export function carriersHere(options: CarrierOptions = {}): readonly Carrier[] {
  return [...bubblewraps(), isolatedVm(options), permission()].filter((carrier) => carrier !== null);
}

const IS_BUN = process.versions["bun"] !== undefined;

/**
 * The same for every child: reads two texts from standard input, each after its length: the script and its
 * request. All in one strict function: what a script declares at its top is in every program's scope, and what
 * calls a program must not be sloppy (see `strictScript`).
 */
const LOADER =
  "(function(require){'use strict';" +
  "const fs=require('node:fs');" +
  "const read=(n)=>{const b=Buffer.alloc(n);" +
  "for(let at=0,k;at<n;at+=k)if((k=fs.readSync(0,b,at,n-at))===0)process.exit(1);return b};" +
  "const text=()=>read(read(4).readUInt32LE(0)).toString('utf8');" +
  "const m={exports:{}};" +
  "require('node:vm').runInThisContext('(function(require,module,exports){\"use strict\";'+text()+'\\n})')" +
  "(require,m,m.exports);" +
  "m.exports.runChild(JSON.parse(text()),require)})(require)";

/** What the parent holds by watching; memory and CPU time only where it can see what a process uses. */
const WATCHED: readonly string[] = ["memory", "cpu", "wall"];
const SEEN: readonly string[] = usageOf(process.pid) === null ? ["wall"] : WATCHED;

/** @param held what the carrier itself keeps away. */
function isolationOf(carrier: CarrierName, held: readonly string[], open: readonly string[] = []): Isolation {
  const unseen = WATCHED.filter((what) => !SEEN.includes(what));
  return { engine: "isolate", carrier, enforced: [...SEEN, ...held], missing: [...unseen, ...open] };
}

/** With the filter for system calls, and without it. */
function bubblewraps(): readonly Carrier[] {
  const program = findProgram("bwrap");
  if (program === null || process.platform !== "linux") return [];
  const binds = runtimeFiles().flatMap((file) => ["--ro-bind", file, file]);
  const machine = machineHere();
  const filters = machine === null ? [null] : [seccompFilter({ machine }), null];
  return filters.map((filter) => bubblewrap(program, binds, filter));
}

function bubblewrap(program: string, binds: readonly string[], filter: Uint8Array | null): Carrier {
  const held = ["disk", "network", "filesystem", "processes"];
  return {
    isolation:
      filter === null
        ? isolationOf("bubblewrap", held, ["calls"])
        : isolationOf("bubblewrap", [...held, "calls"]),
    child: "main-context",
    isolatedVm: "",
    reportsPid: true,
    filter,
    command: (limits, runs) => [
      ...limited(limits, runs),
      program,
      ...["--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"],
      ...["--die-with-parent", "--new-session", "--as-pid-1", "--info-fd", "4"],
      ...(filter === null ? [] : ["--seccomp", "5"]),
      ...binds,
      // JavaScriptCore looks for its stack in /proc/self/maps. Of its own process namespace; V8 needs none.
      ...(IS_BUN ? ["--proc", "/proc"] : []),
      // The root is bubblewrap's own tmpfs; read-only, it leaves no place to write to at all.
      ...["--remount-ro", "/", "--"],
      ...runtime(limits, []),
    ],
  };
}

function isolatedVm({ isolatedVm: given }: CarrierOptions): Carrier | null {
  const path = given ?? findModule("isolated-vm");
  if (path === null || IS_BUN) return null;
  return {
    isolation: isolationOf("isolated-vm", ["disk", "network", "filesystem", "processes"]),
    child: "isolated-vm",
    isolatedVm: path,
    reportsPid: false,
    filter: null,
    command: (limits, runs) => [
      ...limited(limits, runs),
      ...diesWithParent(),
      ...runtime(limits, ["--no-node-snapshot"]),
    ],
  };
}

/** Always there; under a runtime without permission flags only the removed globals are left. */
function permission(): Carrier {
  const flag = permissionFlag();
  const denied = flag === null ? [] : ["disk", "filesystem", "processes"];
  // Newer permission models know the network, too: what can be allowed is denied.
  if (flag !== null && process.allowedNodeEnvironmentFlags.has("--allow-net")) denied.push("network");
  const open = ["disk", "network", "filesystem", "processes"].filter((what) => !denied.includes(what));
  return {
    isolation: isolationOf("permission", denied, open),
    child: "main-context",
    isolatedVm: "",
    reportsPid: false,
    filter: null,
    command: (limits, runs) => [
      ...limited(limits, runs),
      ...diesWithParent(),
      ...runtime(limits, flag === null ? [] : [flag]),
    ],
  };
}

function permissionFlag(): string | null {
  if (IS_BUN) return null;
  return (
    ["--permission", "--experimental-permission"].find((flag) =>
      process.allowedNodeEnvironmentFlags.has(flag),
    ) ?? null
  );
}

function runtime({ memoryMb }: SandboxLimits, flags: readonly string[]): readonly string[] {
  if (IS_BUN) return [process.execPath, "-e", LOADER];
  return [
    process.execPath,
    "--no-warnings",
    "--disallow-code-generation-from-strings",
    // Code once compiled is kept, be it unused for a while.
    "--no-flush-bytecode",
    `--max-old-space-size=${Math.ceil(memoryMb)}`,
    ...flags,
    "-e",
    LOADER,
  ];
}

/**
 * Hard limits by the kernel, in case the parent is not there to watch: CPU time for all runs together, and
 * twice the memory (in private writable pages, as V8 reserves far more than it uses). JavaScriptCore reserves
 * writable pages, too, and runs without its compilers when it is not given them: no such limit there.
 */
function limited({ cpuSeconds, memoryMb }: SandboxLimits, runs: number): readonly string[] {
  if (process.platform === "win32") return [];
  const seconds = Math.ceil(cpuSeconds * (runs + 1));
  const kilobytes = IS_BUN ? "unlimited" : Math.ceil((2 * memoryMb + 512) * 1024);
  return ["/bin/sh", "-c", `ulimit -t ${seconds}; ulimit -d ${kilobytes}; ulimit -c 0; exec "$@"`, "sh"];
}

/** Where bubblewrap does not see to it: killed by the kernel when the thread that spawned it is gone. */
function diesWithParent(): readonly string[] {
  const program = process.platform === "linux" ? findProgram("setpriv") : null;
  return program === null ? [] : [program, "--pdeathsig", "KILL", "--"];
}

/** The runtime's binary and the libraries that it is linked to: all that a child can read. */
function runtimeFiles(): readonly string[] {
  const { stdout, status } = spawnSync("ldd", [process.execPath], { encoding: "utf8" });
  const libraries = [...(status === 0 ? stdout : "").matchAll(/(?:=> |^\s+)(\/\S+)/gm)].map(
    ([, path]) => path!,
  );
  return [...new Set([process.execPath, ...libraries])];
}

function findProgram(name: string): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return realpathSync(path);
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

function findModule(name: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    return null;
  }
}
