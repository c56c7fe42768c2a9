import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { processEngine } from "../../kernels/sandbox/index.ts";
import type {
  ProcessEngine,
  ProcessLimits,
  ProcessProgram,
  ProcessSample,
  ProcessSnippet,
} from "../../kernels/sandbox/index.ts";
import { whyNoCommands } from "../kit/commands.ts";

const limits: ProcessLimits = {
  memoryMb: 256,
  cpuSeconds: 10,
  diskMb: 8,
  wallSeconds: 60,
  pids: 32,
  outputMb: 4,
};

interface Texts {
  readonly says: string;
  readonly fails: string;
  readonly dies: string;
  readonly reads: string;
  /** Says what it finds of an earlier run, and leaves traces wherever it can. */
  readonly canary: string;
  readonly fills: string;
  readonly loops: string;
}

const TEXTS: Readonly<Record<ProcessSnippet["language"], Texts>> = {
  python: {
    says: "import os, sys; print('out', os.getpid(), os.getcwd()); print('err', file=sys.stderr); sys.exit(3)",
    fails: "def f():\n  raise ValueError('no')\nf()",
    dies: "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    reads:
      "import os, sys; print(sys.stdin.read(), open('in/a.txt').read(), os.environ['WORD'], 'HOME' in os.environ)",
    canary: `import os, sys, builtins, subprocess
print(sorted(os.listdir('/tmp')), os.listdir('/tmp/work'), os.listdir('/dev/shm'), sorted(os.environ), hasattr(builtins, 'left'),
  'left' in sys.modules, sorted(globals()), sum(name.isdigit() for name in os.listdir('/proc')), os.umask(0o22), len(sys.path), hash('a'))
for place in ('left', '/tmp/left', '/dev/shm/left'): open(place, 'w').write('x')
os.environ['LEFT'] = '1'; builtins.left = 1; sys.modules['left'] = sys; left = 1; sys.path.append('left'); os.umask(0o77)
subprocess.Popen(['sleep', '1000'], start_new_session=True); os.chmod('.', 0o777)`,
    fills: "with open('big', 'wb') as file:\n  while True: file.write(b'x' * 65536)",
    loops: "while True: pass",
  },
  node: {
    says: "console.log('out', process.pid, process.cwd()); console.error('err'); process.exitCode = 3",
    fails: "function f() { throw new TypeError('no'); }\nsetTimeout(f, 1)",
    dies: "process.kill(process.pid, 'SIGSEGV')",
    reads:
      "const fs = require('fs'); import('node:os').then(() => console.log(fs.readFileSync(0, 'utf8'), fs.readFileSync('in/a.txt', 'utf8'), process.env.WORD, 'HOME' in process.env ? 'True' : ''))",
    canary: `const fs = require('fs');
console.log(fs.readdirSync('/tmp'), fs.readdirSync('/tmp/work'), fs.readdirSync('/dev/shm/'), Object.keys(process.env).sort(), typeof left, Object.keys(Object.prototype),
  Object.keys(require.cache), fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length, process.umask(0o22));
for (const place of ['left', '/tmp/left', '/dev/shm/left']) fs.writeFileSync(place, 'x');
process.env.LEFT = '1'; globalThis.left = 1; Object.prototype.left = 1; require.cache.left = {}; process.umask(0o77);
delete Object.prototype.left;
require('child_process').spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref();`,
    fills:
      "const fs = require('fs'), big = fs.openSync('big', 'w'); for (;;) fs.writeSync(big, Buffer.alloc(65536));",
    loops: "for (;;);",
  },
};

function text({ bytes }: { readonly bytes: Uint8Array }): string {
  return Buffer.from(bytes).toString("utf8");
}

for (const language of ["python", "node"] as const) {
  const missing = await whyNoCommands(language === "python" ? "python3" : "node");
  describe(`a snippet in ${language}`, { skip: missing ?? false, timeout: 120_000 }, () => {
    const texts = TEXTS[language];
    let engine: ProcessEngine;
    before(async () => {
      // No dependency: without it a snippet is a command like any other, and all of this holds, too.
      const koffi = process.env["MYRIAD_TEST_KOFFI"];
      engine = await processEngine({ workers: 1, ...(koffi === undefined ? {} : { koffi }) });
    });

    async function run(
      source: string,
      times = 1,
      more: Omit<ProcessProgram, "command"> = {},
      less: Partial<ProcessLimits> = {},
    ): Promise<readonly ProcessSample[]> {
      const programs = [{ command: { language, source }, ...more }];
      const order = Array.from({ length: times }, () => 0);
      return (await engine.run({ programs, order, limits: { ...limits, ...less } })).samples;
    }

    it("ends with its exit code and what it said on both streams", async () => {
      for (const sample of await run(texts.says, 3)) {
        assert.deepEqual(sample.outcome, { kind: "exited", code: 3 }, text(sample.stderr));
        assert.match(text(sample.stdout), /^out 2 \/tmp\/work\n$/);
        assert.equal(text(sample.stderr), "err\n");
        assert.ok(sample.wallNs > 0 && sample.cpuMs !== null && sample.peakMb !== null);
      }
    });

    it("says why it was spawned where nothing is forked", async () => {
      const spawning = await processEngine({ workers: 1, forks: false });
      const { samples } = await spawning.run({
        programs: [{ command: { language, source: texts.says } }, { command: ["true"] }],
        order: [0, 1],
        limits,
      });
      assert.deepEqual(
        samples.map(({ start, unforked }) => [start, unforked]),
        [
          ["spawned", "fork servers are switched off"],
          ["spawned", undefined],
        ],
      );
    });

    it("that throws ends with code 1 and says what was thrown", async () => {
      const [sample] = await run(texts.fails);
      assert.deepEqual(sample!.outcome, { kind: "exited", code: 1 });
      assert.match(text(sample!.stderr), /(ValueError|TypeError): no/);
    });

    it("that is killed names its signal", async () => {
      assert.deepEqual((await run(texts.dies))[0]!.outcome, { kind: "killed", signal: "SIGSEGV" });
    });

    it("is given standard input, files and an environment", async () => {
      const more = { stdin: "given", files: { "in/a.txt": "file" }, env: { WORD: "word" } };
      const [sample] = await run(texts.reads, 1, more);
      assert.equal(text(sample!.stdout), "given file word True\n", text(sample!.stderr));
    });

    it("finds nothing that an earlier one left", async () => {
      const samples = await run(texts.canary, 6);
      for (const sample of samples) {
        assert.deepEqual(sample.outcome, { kind: "exited", code: 0 }, text(sample.stderr));
        assert.equal(text(sample.stdout), text(samples[0]!.stdout));
      }
      assert.doesNotMatch(text(samples[0]!.stdout), /left/i);
    });

    it("is stopped by its limits, and the next one runs", async () => {
      const [full] = await run(texts.fills);
      assert.deepEqual(full!.outcome, { kind: "limit_exceeded", limit: "disk" });
      const looping = await run(texts.loops, 2, {}, { cpuSeconds: 0.2 });
      for (const { outcome } of looping) assert.deepEqual(outcome, { kind: "limit_exceeded", limit: "cpu" });
      const [slow] = await run(texts.loops, 1, {}, { wallSeconds: 0.2 });
      assert.equal(slow!.outcome.kind === "limit_exceeded" && slow!.outcome.limit, "wall");
      assert.equal((await run(texts.says))[0]!.outcome.kind, "exited");
    });
  });
}
