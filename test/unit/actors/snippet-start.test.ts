import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startsOf, startText, startWarnings } from "../../../actors/command/snippet-start.ts";
import type { StoredCommand } from "../../../actors/command/command-program.ts";
import type { SandboxProgram, SnippetStart } from "../../../kernels/sandbox/index.ts";
import { forkOf, programOf } from "../../kit/session.ts";

const FORKED: SnippetStart = { kind: "forked", why: null };
const SPAWNED: SnippetStart = { kind: "spawned", why: "no koffi" };

function snippet(language: "python" | "node" | null): SandboxProgram {
  const words = { words: ["x"], readable: [], stdin: null, env: {}, files: {}, compared: "output" } as const;
  const stored: StoredCommand = {
    ...words,
    ...(language === null ? {} : { snippet: { language, source: "" } }),
  };
  return { code: JSON.stringify(stored), entry: "command", digest: language ?? "command" };
}

describe("the start of snippets", () => {
  it("is told of each version that is one, with what is not fresh in a copy", () => {
    const programs = { baseline: snippet("python"), candidate: snippet("node") };
    const forks = [
      forkOf("baseline", 0, { start: FORKED }),
      forkOf("candidate", 0, { start: FORKED }),
      forkOf("candidate", 1, { start: SPAWNED }),
    ];
    const starts = startsOf(programs, forks);
    assert.deepEqual(
      starts.map(({ version, start, why }) => [version, start, why]),
      [
        ["baseline", "forked", null],
        ["candidate", "spawned", "no koffi"],
      ],
    );
    const [forked, spawned] = starts.map(startText);
    assert.match(forked!, /^forked, each run a copy of a Python .*not fresh in it: addresses, the hash seed/);
    assert.equal(spawned, "spawned, each run a plain command (node -e): no koffi");
  });

  it("is nothing of commands and of functions", () => {
    const programs = { baseline: snippet(null), candidate: programOf("a function") };
    assert.deepEqual(startsOf(programs, [forkOf("baseline", 0), forkOf("candidate", 0)]), []);
  });

  it("warns of a snippet that was spawned, and of versions that began differently", () => {
    const both = { baseline: snippet("python"), candidate: snippet("python") };
    const warningsOf = (
      programs: Parameters<typeof startsOf>[0],
      ...starts: readonly (SnippetStart | null)[]
    ): readonly string[] => {
      const forks = starts.map((start, at) =>
        forkOf(at === 0 ? "baseline" : "candidate", 0, start === null ? {} : { start }),
      );
      return startWarnings(startsOf(programs, forks), starts.length);
    };
    assert.deepEqual(warningsOf(both, FORKED, FORKED), []);
    assert.equal(warningsOf(both, SPAWNED, SPAWNED).length, 2);
    const unequal = "one version was forked, the other not: only the other's figures hold a start-up";
    assert.deepEqual(warningsOf(both, FORKED, SPAWNED), [
      "the snippet of the candidate was spawned, each run a plain command (python3 -c): no koffi",
      unequal,
    ]);
    assert.deepEqual(warningsOf({ baseline: snippet(null), candidate: snippet("node") }, null, FORKED), [
      unequal,
    ]);
  });
});
