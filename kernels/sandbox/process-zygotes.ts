/** Which fork server runs what, and what it needs to be started. */
import type { ProcessProgram } from "./process-protocol.ts";
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

/** @returns null for what is started from nothing. */
export function zygoteOf(command: ProcessProgram["command"]): Zygote | null {
  if (!("language" in command)) return process.env["CMDZ"] ? PYTHON : null;
  return command.language === "python" ? PYTHON : null;
}
