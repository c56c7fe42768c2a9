/** Which fork server runs what, and what it needs to be started. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { ProcessProgram } from "./process-protocol.ts";
import { NODE_ZYGOTE } from "./process-zygote-node.ts";
import { PYTHON_ZYGOTE } from "./process-zygote-python.ts";

export interface Zygote {
  readonly name: string;
  readonly command: readonly string[];
  /** Of the host, beside the system's programs. */
  readonly readable: readonly string[];
}

const PYTHON: Zygote = {
  name: "python",
  command: ["/usr/bin/env", "PYTHONHASHSEED=0", "python3", "-c", PYTHON_ZYGOTE],
  readable: [],
};

/** V8 without helper threads: they would not survive a fork. */
const ONE_THREAD: readonly string[] = ["--single-threaded", "--v8-pool-size=0", "--no-warnings"];

/**
 * Commands go by the server in Python: it forks sooner than bubblewrap makes a sandbox, and the command is then
 * executed as ever.
 * @returns null for what has no fork server: koffi is not installed.
 */
export function zygoteOf(command: ProcessProgram["command"], koffi: string | null): Zygote | null {
  if (!("language" in command) || command.language === "python") return PYTHON;
  return koffi === null ? null : nodeZygote(koffi);
}

function nodeZygote(koffi: string): Zygote {
  return {
    name: "node",
    command: ["node", ...ONE_THREAD, "-e", NODE_ZYGOTE, koffi],
    readable: foldersOf(koffi),
  };
}

/** Of koffi: its main file. */
export function findKoffi(): string | null {
  try {
    return createRequire(import.meta.url).resolve("koffi");
  } catch {
    return null;
  }
}

/** The package, and the one beside it that holds its binary. */
function foldersOf(koffi: string): readonly string[] {
  const binary = `@koromix/koffi-linux-${process.arch}/package.json`;
  return [dirname(koffi), dirname(createRequire(koffi).resolve(binary))];
}
