import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { before, describe, it } from "node:test";
import { processEngine, SANDBOX_CAPS } from "../../kernels/sandbox/index.ts";
import type {
  ProcessEngine,
  ProcessLimits,
  ProcessProgram,
  ProcessReport,
  ProcessSample,
} from "../../kernels/sandbox/index.ts";
import { MyriadError } from "../../runtime/contracts/index.ts";
import { whyNoCommands } from "../kit/commands.ts";
import { eventually } from "../kit/eventually.ts";
import { allGone, descendantsOf } from "../kit/processes.ts";

const limits: ProcessLimits = {
  memoryMb: 256,
  cpuSeconds: 10,
  diskMb: 8,
  wallSeconds: 60,
  pids: 32,
  outputMb: 4,
};
const missing = await whyNoCommands("sh");

function shell(script: string, more: Omit<ProcessProgram, "command"> = {}): ProcessProgram {
  return { command: ["sh", "-c", script], ...more };
}

function text({ bytes }: { readonly bytes: Uint8Array }): string {
  return Buffer.from(bytes).toString("utf8");
}

function code(expected: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof MyriadError && thrown.code === expected;
}

for (const forks of [true, false])
  describe(
    `commands in sandboxes that are ${forks ? "forked" : "made from nothing"}`,
    { skip: missing ?? false, timeout: 120_000 },
    () => {
      let engine: ProcessEngine;
      before(async () => {
        engine = await processEngine({ workers: 2, forks });
      });

      async function one(program: ProcessProgram, less: Partial<ProcessLimits> = {}): Promise<ProcessSample> {
        const report = await engine.run({ programs: [program], order: [0], limits: { ...limits, ...less } });
        return report.samples[0]!;
      }

      describe("a run", () => {
        it("ends with the command's exit code and what it said on both streams", async () => {
          const sample = await one(shell("echo out; echo err >&2; exit 3"));
          assert.deepEqual(sample.outcome, { kind: "exited", code: 3 });
          // Without Python there is no server for commands.
          if (!forks) assert.equal(sample.start, "spawned");
          assert.deepEqual([text(sample.stdout), text(sample.stderr)], ["out\n", "err\n"]);
        });

        it("ends with 127 for a program that is not there, and with 126 for one that cannot be executed", async () => {
          assert.deepEqual((await one({ command: ["no-such-program"] })).outcome, {
            kind: "exited",
            code: 127,
          });
          assert.deepEqual((await one({ command: ["/tmp"] })).outcome, { kind: "exited", code: 126 });
        });

        it("names the signal that killed the command", async () => {
          assert.deepEqual((await one(shell("kill -SEGV $$"))).outcome, {
            kind: "killed",
            signal: "SIGSEGV",
          });
        });

        it("is given standard input, files and an environment, and nothing else of the host's environment", async () => {
          process.env["MYRIAD_LEAK"] = "1";
          const program = shell("cat; cat in/a.txt; ./b.sh; env | cut -d= -f1 | sort | tr '\\n' ' '", {
            stdin: "given ",
            files: { "in/a.txt": "a ", "b.sh": new TextEncoder().encode("#!/bin/sh\necho $WORD\n") },
            env: { WORD: "word" },
          });
          const { stdout } = await one(program);
          delete process.env["MYRIAD_LEAK"];
          assert.equal(text(stdout), "given a word\nHOME LANG PATH PWD TMPDIR TZ WORD ");
        });

        it("finds nothing to read on standard input when it is given none", async () => {
          assert.deepEqual((await one(shell("cat"))).outcome, { kind: "exited", code: 0 });
        });

        it("keeps as much of each stream as was asked for, and says that there was more", async () => {
          const programs = [shell("printf 0123456789; printf abc >&2")];
          const { samples } = await engine.run({ programs, order: [0], limits, keepBytes: 4 });
          assert.deepEqual([text(samples[0]!.stdout), samples[0]!.stdout.truncated], ["0123", true]);
          assert.deepEqual([text(samples[0]!.stderr), samples[0]!.stderr.truncated], ["abc", false]);
        });

        it("is measured: time, CPU time, memory and what it wrote", async () => {
          const script =
            "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; head -c 3000000 /dev/zero > file; sleep 0.1";
          const sample = await one(shell(script));
          assert.ok(sample.wallNs > 100e6, `wall ${sample.wallNs}`);
          assert.ok(sample.cpuMs !== null && sample.cpuMs > 0, `cpu ${sample.cpuMs}`);
          assert.ok(sample.peakMb !== null && sample.peakMb > 0, `peak ${sample.peakMb}`);
          if (process.getuid?.() === 0)
            assert.ok(Math.abs(sample.diskMb! - 2.9) < 0.2, `disk ${sample.diskMb}`);
        });

        it("sees no process but its own, no network and nothing of the host's folders", async () => {
          const { stdout } = await one(
            shell("ls /proc | grep -c '^[0-9]'; ls /; ls /home /root 2>&1 | grep -c cannot"),
          );
          const lines = text(stdout).trim().split("\n");
          // bubblewrap, the shell, ls, grep.
          assert.ok(Number(lines[0]) <= 4, lines[0]);
          const roots = [
            "bin",
            "dev",
            "etc",
            "lib",
            "lib32",
            "lib64",
            "libx32",
            "proc",
            "sbin",
            "tmp",
            "usr",
          ];
          assert.deepEqual(
            lines.slice(1, -1).filter((name) => !roots.includes(name)),
            [],
          );
          assert.equal(lines.at(-1), "2");
        });
      });

      describe("a limit", () => {
        const cases: readonly (readonly [string, string, Partial<ProcessLimits>])[] = [
          ["wall", "sleep 100", { wallSeconds: 0.3 }],
          ["cpu", "while :; do :; done", { cpuSeconds: 0.2 }],
          ["output", "cat /dev/zero", { outputMb: 1 }],
        ];
        for (const [limit, script, less] of cases) {
          it(`that is met is named: ${limit}`, async () => {
            assert.deepEqual((await one(shell(script), less)).outcome, { kind: "limit_exceeded", limit });
          });
        }

        it("is said to be enforced, and by what", () => {
          const names = [
            "memory",
            "cpu",
            "pids",
            "wall",
            "disk",
            "output",
            "network",
            "filesystem",
            "processes",
            "calls",
          ];
          assert.deepEqual(Object.keys(engine.isolation.enforced).toSorted(), names.toSorted());
          assert.deepEqual(engine.isolation.missing, []);
        });

        it("above its cap is refused, as is one that makes no sense", async () => {
          for (const wrong of [
            { memoryMb: SANDBOX_CAPS.memoryMb + 1 },
            { pids: 0 },
            { pids: 1.5 },
            { outputMb: 0 },
          ]) {
            await assert.rejects(() => one(shell("true"), wrong), code("SANDBOX_LIMITS"));
          }
        });
      });

      describe("a burst", () => {
        it("runs its programs in the order asked for, and tells of its progress", async () => {
          const programs = [shell("echo a"), shell("echo b")];
          const order = [1, 0, 0, 1, 1, 0];
          const progress: number[] = [];
          const report: ProcessReport = await engine.run(
            { programs, order, limits },
            { onProgress: (done) => progress.push(done) },
          );
          assert.deepEqual(
            report.samples.map(({ iteration, program, stdout }) => [iteration, program, text(stdout)]),
            order.map((program, iteration) => [iteration, program, program === 0 ? "a\n" : "b\n"]),
          );
          assert.deepEqual(progress, [1, 2, 3, 4, 5, 6]);
          assert.equal(report.infraErrors, 0);
        });

        it("of nothing is empty", async () => {
          assert.deepEqual((await engine.run({ programs: [], order: [], limits })).samples, []);
        });

        it("leaves no trace of one iteration to the next", async () => {
          const canary = shell(`
        find /tmp -mindepth 1 | sort; ls /dev/shm/; env | sort; set -- /proc/[0-9]*; echo $#; umask; pwd
        for place in left /tmp/left /dev/shm/left /tmp/.hidden; do echo x > $place; done; mkdir -p sub/sub
        export LEFT=1; (sleep 1000 &) ; umask 077; chmod 0777 . ; exit 0`);
          const { samples } = await engine.run({
            programs: [canary],
            order: Array.from({ length: 8 }, () => 0),
            limits,
          });
          assert.match(text(samples[0]!.stdout), /^\/tmp\/shm\n\/tmp\/work\nHOME=/);
          for (const sample of samples) {
            assert.deepEqual(sample.outcome, { kind: "exited", code: 0 }, text(sample.stderr));
            assert.equal(text(sample.stdout), text(samples[0]!.stdout));
          }
        });

        it("that is aborted rejects, and none of its processes is left", async () => {
          const abort = new AbortController();
          const order = Array.from({ length: 20 }, () => 0);
          const running = engine.run(
            { programs: [shell("sleep 99999")], order, limits },
            { signal: abort.signal },
          );
          const sandboxes = () => descendantsOf(process.pid).filter(({ name }) => name === "sleep");
          await eventually("two sandboxes running", () => sandboxes().length === 2);
          const started = descendantsOf(process.pid);
          abort.abort();
          await assert.rejects(running, code("SANDBOX_ABORTED"));
          await allGone(started);
        });

        it("that was aborted before it began starts nothing", async () => {
          const request = { programs: [shell("true")], order: [0], limits };
          await assert.rejects(
            () => engine.run(request, { signal: AbortSignal.abort() }),
            code("SANDBOX_ABORTED"),
          );
        });

        it("refuses a program without words, a file outside of the working folder, and an order of unknown programs", async () => {
          const wrong: readonly (readonly [ProcessProgram, number])[] = [
            [{ command: [] }, 0],
            [shell("true", { files: { "../x": "" } }), 0],
            [shell("true", { files: { "/tmp/x": "" } }), 0],
            [shell("true"), 1],
          ];
          for (const [program, index] of wrong) {
            await assert.rejects(
              () => engine.run({ programs: [program], order: [index], limits }),
              code("SANDBOX_PROGRAM"),
            );
          }
        });
      });

      describe("without a sandbox", () => {
        it("the engine does not open: nothing runs unsandboxed", async () => {
          for (const bubblewrap of ["/nowhere/bwrap", "/bin/false", "/bin/true"]) {
            await assert.rejects(
              () => processEngine({ workers: 1, bubblewrap, forks }),
              code("SANDBOX_ISOLATION"),
            );
          }
        });

        it("iterations are infrastructure errors, tried three times, and the burst fails when there is nothing else", async () => {
          const programs = [
            shell("true", { files: { "a/b": "" } }),
            shell("true", { files: { a: "", "a/b": "" } }),
          ];
          await assert.rejects(() => engine.run({ programs, order: [1], limits }), code("SANDBOX_INFRA"));
          const { samples, infraErrors } = await engine.run({ programs, order: [0, 1], limits });
          assert.deepEqual(
            samples.map(({ outcome }) => outcome.kind),
            ["exited", "infra_error"],
          );
          assert.equal(infraErrors, 3);
        });
      });

      it("lets commands read what they are told to, and nowhere write to it", async () => {
        const folder = fileURLToPath(new URL(".", import.meta.url));
        const seeing = await processEngine({ workers: 1, readable: [folder], forks });
        const programs = [shell(`ls ${folder}; touch ${folder}/left || echo refused`)];
        const { samples } = await seeing.run({ programs, order: [0], limits });
        assert.match(text(samples[0]!.stdout), /sandbox-process\.test\.js(.|\n)*refused\n$/);
      });

      it("ends every sandbox when the process that runs them is killed, and removes what it left behind later", async () => {
        const host = spawn(process.execPath, [fileURLToPath(import.meta.resolve("../kit/commands-host.js"))]);
        await eventually("a sandbox in the other process", () =>
          descendantsOf(host.pid!).some(({ name }) => name === "sleep"),
        );
        const started = descendantsOf(host.pid!);
        host.kill("SIGKILL");
        await once(host, "exit");
        await allGone(started);
        await processEngine({ workers: 1 });
        assert.deepEqual(
          readdirSync(tmpdir()).filter((name) => name.startsWith(`myriad-${host.pid}.`)),
          [],
        );
      });
    },
  );
