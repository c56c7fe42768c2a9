/**
 * Runs the built tests with Node's own runner: all of them, or those whose path contains one of the words
 * given (`npm test -- unit/runtime journal`). Fetches nats-server first where the machine has none.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { findNatsServer, installNatsServer } from "../cluster/index.ts";

const words = process.argv.slice(2);
const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter(
    (file) => /\.test\.js$/.test(file) && (words.length === 0 || words.some((word) => file.includes(word))),
  )
  .map((file) => join(import.meta.dirname, file))
  .toSorted();
if (files.length === 0) {
  process.stderr.write(`no test matches ${words.join(", ")}\n`);
  process.exit(1);
}
// Without it the tests that need one say so.
await findNatsServer().catch(() =>
  installNatsServer().catch((thrown: unknown) => console.error(String(thrown))),
);
const runner = spawn(
  process.execPath,
  ["--enable-source-maps", "--test", "--test-reporter=spec", "--test-concurrency=2", ...files],
  { stdio: "inherit" },
);
runner.on("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
