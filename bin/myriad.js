#!/usr/bin/env node
import module from "node:module";

// Where the runtime can keep compiled code (Node 22.8 on), commands begin in less than half the time.
module.enableCompileCache?.();
// Loading takes a moment: a signal that comes meanwhile is kept for what is loaded.
const early = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => early.abort());
const { main } = await import("../dist/cli/start.js");

process.exitCode = await main(process.argv.slice(2), process, early.signal);
