import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { commandTask, compareTask, readTask } from "../../../actors/index.ts";
import { MyriadError } from "../../../runtime/contracts/index.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "myriad-task-"));
});
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

function refusal(text: string, name = "task.yaml"): MyriadError {
  write(name, text);
  try {
    readTask(name, folder);
  } catch (error) {
    assert.ok(error instanceof MyriadError, String(error));
    return error;
  }
  assert.fail("the task was accepted");
}

describe("a task", () => {
  it("has its defaults in the quick form", () => {
    const task = readTask("src/orders.ts#dedupe", folder);
    assert.equal(task.id, "src/orders.ts#dedupe");
    assert.deepEqual(task.subject, { file: join(folder, "src/orders.ts"), exportName: "dedupe" });
    assert.equal(task.runs, 10_000);
    assert.deepEqual(task.metrics, [{ name: "wall_time", unit: "ns", direction: "lower", tolerance: 0.02 }]);
    assert.equal(task.limits.memoryMb, 2048);
  });

  it("reads paths relative to the task file, and overrides relative to the working directory", () => {
    write("full.yaml", "id: a\nsubject: ./x.ts#f\ninputs: ./g.ts#generate\nruns: 100\n");
    const task = readTask(join(folder, "full.yaml"), "/elsewhere", { candidate: "c.ts#f", runs: 200 });
    assert.equal(task.subject.file, join(folder, "x.ts"));
    assert.equal(task.inputs!.file, join(folder, "g.ts"));
    assert.equal(task.candidate!.file, "/elsewhere/c.ts");
    assert.equal(task.runs, 200);
  });

  it("runs all its forks unless it, or the command line over it, says that it may end early", () => {
    write("early.json", JSON.stringify({ id: "a", subject: "a.ts#a", stopEarly: true }));
    assert.equal(readTask("a.ts#a", folder).stopEarly, false);
    assert.equal(readTask("early.json", folder).stopEarly, true);
    assert.equal(readTask("early.json", folder, { stopEarly: false }).stopEarly, false);
    assert.equal(compareTask("a.ts#a", "a.ts#b", folder, { stopEarly: true }).stopEarly, true);
  });

  it("reads JSON as well", () => {
    write("task.json", JSON.stringify({ id: "j", subject: "x.ts#f", seed: 5 }));
    assert.equal(readTask("task.json", folder).seed, 5);
  });

  it("may lower a limit and not raise one", () => {
    write("low.yaml", "id: a\nsubject: x.ts#f\nlimits: { memoryMb: 64 }\n");
    assert.equal(readTask("low.yaml", folder).limits.memoryMb, 64);
    assert.equal(refusal("id: a\nsubject: x.ts#f\nlimits:\n  memoryMb: 4096\n").code, "TASK_INVALID");
  });

  it("names the line and the field that is wrong", () => {
    const error = refusal("id: a\nsubject: x.ts#f\nmetrics:\n  - name: speed\n");
    assert.equal(error.code, "TASK_INVALID");
    assert.match(error.location!, /task\.yaml:4 \(metrics\.0\.name\)/);
    assert.match(error.message, /wall_time, cpu_time, heap_allocated, peak_memory/);
  });

  it("names a field that no task has", () => {
    const error = refusal("id: a\nsubject: x.ts#f\nrun: 5\n");
    assert.match(error.message, /run is not a field of a task/);
    assert.match(error.location!, /:3 /);
  });

  it("takes a tolerance from nothing up to the whole, which leaves nothing to tell", () => {
    const metrics = (tolerance: string): string =>
      `id: a\nsubject: x.ts#f\nmetrics:\n  - name: wall_time\n    tolerance: ${tolerance}\n`;
    for (const tolerance of ["0", "0.999"]) {
      write("tolerance.yaml", metrics(tolerance));
      assert.equal(readTask("tolerance.yaml", folder).metrics[0].tolerance, Number(tolerance));
    }
    for (const tolerance of ["1", "1.5", "-0.1", ".nan", ".inf"]) {
      const error = refusal(metrics(tolerance));
      assert.equal(error.code, "TASK_INVALID", tolerance);
      assert.match(error.location!, /:5 \(metrics\.0\.tolerance\)/, tolerance);
    }
  });

  it("may have metrics of its own beside those that are measured, with all that is to be known of them", () => {
    const own = "{name: size, unit: B, direction: lower, of: 'sizes.ts#bytes'}";
    const text = (metrics: string): string => `id: a\nsubject: x.ts#f\nmetrics: [${metrics}]\n`;
    write("own.yaml", text(`${own}, {name: wall_time}`));
    assert.deepEqual(readTask("own.yaml", folder).metrics[0], {
      name: "size",
      unit: "B",
      direction: "lower",
      tolerance: 0.02,
      of: { file: join(folder, "sizes.ts"), exportName: "bytes" },
    });
    for (const wrong of [
      own,
      `${own}, ${own}, {name: wall_time}`,
      "{name: size}, {name: wall_time}",
      "{name: size, of: 'sizes.ts#bytes'}, {name: wall_time}",
      "{name: wall_time, unit: B, direction: lower, of: 'sizes.ts#bytes'}, {name: cpu_time}",
      "{name: Size, unit: B, direction: lower, of: 'sizes.ts#bytes'}, {name: wall_time}",
      "{name: wall_time, direction: higher}",
    ]) {
      assert.equal(refusal(text(wrong)).code, "TASK_INVALID", wrong);
    }
  });

  it("counts ticks in realm and measures all else in isolate, unless it says where", () => {
    const levelOf = (text: string, overrides = {}): readonly unknown[] => {
      write("level.yaml", `id: a\nsubject: x.ts#f\n${text}`);
      const { level, metrics } = readTask("level.yaml", folder, overrides);
      return [level, ...metrics.map(({ name }) => name)];
    };
    assert.deepEqual(levelOf(""), ["isolate", "wall_time"]);
    assert.deepEqual(levelOf("metrics: [{name: ticks}]\n"), ["realm", "ticks"]);
    assert.deepEqual(levelOf("level: realm\n"), ["realm", "ticks"]);
    assert.deepEqual(levelOf("level: trusted\n"), ["trusted", "wall_time"]);
    assert.deepEqual(levelOf("level: trusted\n", { metric: "ticks" }), ["realm", "ticks"]);
    assert.deepEqual(levelOf("metrics: [{name: ticks}]\n", { metric: "cpu_time" }), ["isolate", "cpu_time"]);
    assert.deepEqual(levelOf("", { level: "trusted", metric: "heap_allocated" }), [
      "trusted",
      "heap_allocated",
    ]);
    assert.equal(readTask("x.ts#f", folder, { metric: "ticks" }).metrics[0].tolerance, 0);
  });

  it("refuses a metric that its level does not tell, and says which it tells", () => {
    for (const [text, message] of [
      ["level: trusted\nmetrics: [{name: cpu_time}]", /cpu_time .* trusted, which tells wall_time, heap_all/],
      ["level: realm\nmetrics: [{name: wall_time}]", /wall_time .* realm, which tells ticks/],
      ["metrics: [{name: wall_time}, {name: ticks}]", /ticks .* isolate/],
    ] as const) {
      const error = refusal(`id: a\nsubject: x.ts#f\n${text}\n`);
      assert.equal(error.code, "TASK_INVALID");
      assert.match(error.message, message);
    }
    assert.match(refusal("id: a\nsubject: x.ts#f\nlevel: vm\n").message, /realm, isolate, trusted/);
  });

  it("may be about commands, whose paths are relative to it", () => {
    write(
      "command.yaml",
      `id: words
subject: { command: python3 old.py, files: [data], readable: [lib] }
candidate: { command: [python3, new file.py], stdin: abc, env: { X: "1" } }
`,
    );
    const { commands, subject, candidate, level, runs, metrics } = readTask("command.yaml", folder);
    assert.deepEqual(subject, { file: "", exportName: "python3 old.py" });
    assert.deepEqual(candidate, { file: "", exportName: "python3 'new file.py'" });
    assert.deepEqual([level, runs, metrics[0].name], ["process", 200, "wall_time"]);
    assert.deepEqual(commands!.subject, {
      words: ["python3", "old.py"],
      folder,
      files: ["data"],
      readable: [join(folder, "lib")],
      stdin: null,
      env: {},
    });
    assert.deepEqual([commands!.candidate!.stdin, commands!.candidate!.env], ["abc", { X: "1" }]);
    const { id, commands: one } = commandTask(["./run me.sh"], { files: ["x"] }, folder, { runs: 50 });
    assert.deepEqual([id, one!.subject.files, one!.candidate], ["run-me.sh", ["x"], null]);
  });

  it("refuses of commands what is of functions, and one of each", () => {
    for (const [text, message] of [
      ["examples: [[1], [2], [3]]", /examples is of functions/],
      ["inputs: g.ts#f", /inputs is of functions/],
      ["level: trusted", /level is of functions/],
      ["candidate: x.ts#f", /a command is compared with a command/],
      [
        "metrics: [{name: heap_allocated}]",
        /heap_allocated .* process, which tells wall_time, cpu_time, peak/,
      ],
    ] as const) {
      assert.match(refusal(`id: a\nsubject: { command: ls }\n${text}\n`).message, message);
    }
    const mixed = refusal("id: a\nsubject: x.ts#f\ncandidate: { command: ls }\n");
    assert.match(mixed.message, /a function is compared with a function/);
    assert.equal(refusal("id: a\nsubject: { command: ls | wc }\n").code, "TASK_INVALID");
  });

  it("names each metric once", () => {
    const error = refusal("id: a\nsubject: x.ts#f\nmetrics: [{name: wall_time}, {name: wall_time}]\n");
    assert.equal(error.code, "TASK_INVALID");
    assert.match(error.message, /metrics names a metric more than once/);
    write("both.yaml", "id: a\nsubject: x.ts#f\nmetrics: [{name: peak_memory}, {name: wall_time}]\n");
    assert.equal(readTask("both.yaml", folder).metrics.length, 2);
  });

  for (const [what, text] of [
    ["broken YAML", "id: [a\nsubject: x"],
    ["a duplicate key", "id: a\nid: b\nsubject: x.ts#f\n"],
    ["a list at the top", "- a\n"],
    ["an empty file", ""],
    [
      "aliases that unfold",
      `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, at) => `b${at}: &b${at} [*${at === 0 ? "a" : `b${at - 1}`},*${at === 0 ? "a" : `b${at - 1}`},*${at === 0 ? "a" : `b${at - 1}`}]\n`).join("")}`,
    ],
    ["an id that leaves its place", "id: ../../etc/passwd\nsubject: x.ts#f\n"],
    ["no examples to speak of", "id: a\nsubject: x.ts#f\nexamples: [[1]]\n"],
  ] as const) {
    it(`refuses ${what} with a coded error`, () => {
      assert.equal(refusal(text).code, "TASK_INVALID");
    });
  }

  it("refuses what names no function, and a file that is not there", () => {
    assert.throws(() => readTask("src/orders.ts", folder), { code: "SUBJECT_REFERENCE_INVALID" });
    assert.throws(() => readTask("#f", folder), { code: "SUBJECT_REFERENCE_INVALID" });
    assert.throws(() => readTask("none.yaml", folder), { code: "TASK_FILE_UNREADABLE" });
  });

  it("of compare sets the right function against the left one, the same one too", () => {
    const task = compareTask("a.ts#f", "a.ts#f", folder);
    assert.deepEqual(task.subject, task.candidate);
  });
});
