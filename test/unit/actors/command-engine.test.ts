import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandEngine } from "../../../actors/command/command-engine.ts";
import type { CommandEngine } from "../../../actors/command/command-engine.ts";
import { completeCommand } from "../../../actors/command/command.ts";
import { commandProgram } from "../../../actors/command/command-program.ts";
import type { Compared, StoredCommand } from "../../../actors/command/command-program.ts";
import { SANDBOX_CAPS } from "../../../kernels/sandbox/index.ts";
import type {
  EncodedInput,
  ForkMeasurement,
  Observation,
  ProcessEngine,
  ProcessIsolation,
  ProcessRequest,
  ProcessSample,
  SandboxProgram,
} from "../../../kernels/sandbox/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";

const HELD: ProcessIsolation = {
  level: "process",
  carrier: "bubblewrap",
  enforced: { memory: "cgroup v2", pids: "cgroup v2", network: "network namespace, seccomp" },
  missing: [],
};

type Script = (run: number) => Partial<ProcessSample>;

const stream = (text: string | Uint8Array) => ({ bytes: Buffer.from(text), truncated: false });

interface Scripted {
  readonly engine: CommandEngine;
  readonly requests: ProcessRequest[];
  readonly opened: (readonly string[])[];
}

/** An engine over a scripted machine for processes; runs are numbered over all requests. */
async function scripted(script: Script = () => ({}), isolation = HELD): Promise<Scripted> {
  const requests: ProcessRequest[] = [];
  const opened: (readonly string[])[] = [];
  let runs = 0;
  const run = (
    request: ProcessRequest,
  ): Promise<{ samples: ProcessSample[]; infraErrors: 0; isolation: ProcessIsolation }> => {
    requests.push(request);
    const samples = request.order.map((program, iteration): ProcessSample => ({
      iteration,
      program,
      start: "spawned",
      outcome: { kind: "exited", code: 0 },
      stdout: stream("7\n"),
      stderr: stream(""),
      wallNs: 1_000 + runs,
      cpuMs: 2,
      peakMb: 10,
      diskMb: 0,
      ...script(runs++),
    }));
    return Promise.resolve({ samples, infraErrors: 0, isolation });
  };
  const engine = await commandEngine((readable) => {
    opened.push(readable);
    return Promise.resolve({ isolation, run } satisfies ProcessEngine);
  });
  return { engine, requests, opened };
}

const common = { seed: { random: 0, epochMs: 0 }, limits: SANDBOX_CAPS };
const RUN = "[[]]" as EncodedInput;

async function observe(script: Script, compared: Compared = "output"): Promise<Observation> {
  const { engine } = await scripted(script);
  const program = await commandProgram(completeCommand({ command: "x" }, "/"), compared);
  const { observations } = await engine.observe({ program, inputs: [RUN], order: "alone", ...common });
  return observations[0]!;
}

async function measure(
  script: Script,
  iterations = 3,
): Promise<{ readonly fork: ForkMeasurement; readonly requests: readonly ProcessRequest[] }> {
  const { engine, requests } = await scripted(script);
  const program = await commandProgram(completeCommand({ command: "x" }, "/"), "output");
  const request = { program, batch: [RUN], iterations, warmUpIterations: 1, ...common };
  return { fork: await engine.measure(request), requests };
}

describe("the engine of commands", () => {
  it("sees exit code and output, of a command that fails what it complained of, and nothing else", async () => {
    assert.deepEqual(await observe(() => ({ stderr: stream("warning") })), {
      outcome: "returned",
      text: "exit code 0, stdout: 7\n",
    });
    const failed = { outcome: { kind: "exited", code: 3 }, stderr: stream("no file") } as const;
    assert.deepEqual(await observe(() => failed), {
      outcome: "threw",
      text: "exit code 3, stdout: 7\n, stderr: no file",
    });
    const killed = { outcome: { kind: "killed", signal: "SIGSEGV" } } as const;
    assert.deepEqual(await observe(() => killed), { outcome: "threw", text: "killed by SIGSEGV" });
    const limited = { outcome: { kind: "limit_exceeded", limit: "wall" } } as const;
    assert.deepEqual(await observe(() => limited), {
      outcome: "limit_exceeded",
      text: "a broken limit (wall time, 60 s)",
    });
    assert.equal((await observe(() => ({}), "exit_code")).text, "exit code 0");
  });

  it("tells outputs apart that cannot be shown whole, or are no text", async () => {
    const long = async (end: string): Promise<string> =>
      (await observe(() => ({ stdout: stream("x".repeat(3_000) + end) }))).text;
    assert.notEqual(await long("a"), await long("b"));
    assert.ok((await long("a")).length < 2_200);
    const bytes = async (byte: number): Promise<string> =>
      (await observe(() => ({ stdout: stream(Uint8Array.of(byte)) }))).text;
    assert.notEqual(await bytes(0xff), await bytes(0xfe));
  });

  it("takes a sandbox that did not start as nothing that was seen", async () => {
    const unstarted = observe(() => ({ outcome: { kind: "infra_error", reason: "no memory" } }));
    await assert.rejects(unstarted, hasCode("SANDBOX_INFRA"));
  });

  it("measures a block: times one by one, CPU time in all, the most memory; its first run warms up", async () => {
    const { fork } = await measure((run) => ({ peakMb: run === 2 ? 30 : 10 }));
    assert.deepEqual(fork.wallNs, Float64Array.of(1_001, 1_002, 1_003));
    assert.deepEqual([fork.cpuMs, fork.peakMb, fork.failures, fork.ticks.length], [6, 30, 0, 0]);
    assert.deepEqual(fork.proof, [{ outcome: "returned", text: "exit code 0, stdout: 7\n" }]);
    const blind = (await measure(() => ({ cpuMs: null, peakMb: null }))).fork;
    assert.deepEqual([blind.cpuMs, blind.peakMb], [Number.NaN, Number.NaN]);
  });

  it("gives the run that ended otherwise as the block's proof, and counts broken limits", async () => {
    const odd = await measure((run) => (run === 2 ? { stdout: stream("8\n") } : {}));
    assert.equal(odd.fork.proof[0]!.text, "exit code 0, stdout: 8\n");
    const limited = { outcome: { kind: "limit_exceeded", limit: "memory" } } as const;
    const broken = await measure((run) => (run > 1 ? limited : {}));
    assert.deepEqual(
      [broken.fork.failures, broken.fork.proof[0]!.text],
      [2, "a broken limit (memory, 2048 MB)"],
    );
  });

  it("holds the output of a few runs at a time", async () => {
    const { fork, requests } = await measure(() => ({}), 60);
    assert.equal(fork.wallNs.length, 60);
    assert.deepEqual(
      requests.map(({ order }) => order.length),
      [25, 25, 11],
    );
  });

  it("waits for no run behind one that broke a limit, where it is asked not to", async () => {
    const { engine, requests } = await scripted((run) =>
      run === 1 ? { outcome: { kind: "limit_exceeded", limit: "wall" } } : {},
    );
    const program = await commandProgram(completeCommand({ command: "x" }, "/"), "output");
    const asked = { program, inputs: [RUN, RUN, RUN], order: "alone", untilLimit: true, ...common } as const;
    const { observations } = await engine.observe(asked);
    assert.deepEqual(
      observations.map(({ outcome }) => outcome),
      ["returned", "limit_exceeded"],
    );
    assert.equal(requests.length, 2);
  });

  it("runs a snippet as one, and tells of a block how its runs began", async () => {
    const program: SandboxProgram = {
      ...(await commandProgram(completeCommand({ command: "x" }, "/"), "output")),
      code: JSON.stringify({
        words: ["x.py"],
        readable: [],
        stdin: null,
        env: {},
        files: {},
        compared: "output",
        snippet: { language: "python", source: "print(7)" },
      } satisfies StoredCommand),
    };
    const measureOf = async (script: Script): Promise<Scripted & { readonly fork: ForkMeasurement }> => {
      const set = await scripted(script);
      const request = { program, batch: [RUN], iterations: 3, warmUpIterations: 1, ...common };
      return { ...set, fork: await set.engine.measure(request) };
    };
    const { fork, requests } = await measureOf(() => ({ start: "forked" }));
    assert.deepEqual(requests[0]!.programs[0]!.command, { language: "python", source: "print(7)" });
    assert.deepEqual(fork.start, { kind: "forked", why: null });
    const mixed = await measureOf((run) => (run === 2 ? { unforked: "no koffi" } : { start: "forked" }));
    assert.deepEqual(mixed.fork.start, { kind: "spawned", why: "no koffi" });
    assert.equal((await measure(() => ({ start: "forked" }))).fork.start, undefined);
  });

  it("opens once for each set of what commands can read", async () => {
    const { engine, opened } = await scripted();
    const observeWith = async (readable: readonly string[]): Promise<void> => {
      const program = await commandProgram(completeCommand({ command: "x", readable }, "/srv"), "output");
      await engine.observe({ program, inputs: [RUN], order: "alone", ...common });
    };
    for (const readable of [["lib"], [], ["lib"]]) await observeWith(readable);
    assert.deepEqual(opened, [[], ["/srv/lib"]]);
  });

  it("names the control groups that could not be had as missing", async () => {
    assert.deepEqual((await scripted()).engine.isolation, {
      engine: "process",
      carrier: "bubblewrap",
      enforced: ["memory", "pids", "network"],
      missing: [],
    });
    const enforced = { ...HELD.enforced, memory: "RLIMIT_DATA and RLIMIT_AS of each process" };
    const { isolation } = (await scripted(() => ({}), { ...HELD, enforced })).engine;
    assert.deepEqual(isolation.missing, ["control group for memory (held by RLIMIT)"]);
  });
});
