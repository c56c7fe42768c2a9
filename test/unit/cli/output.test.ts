import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { printDocument } from "../../../cli/output.ts";
import { emptyBenchDocument } from "../../../actors/index.ts";
import type { SessionDocument } from "../../../actors/index.ts";
import { DOCUMENT } from "../actors/report-session.ts";

function printed(
  part: Partial<SessionDocument>,
  options: { readonly json?: boolean; readonly quiet?: boolean } = {},
): { readonly stdout: string; readonly stderr: string } {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  printDocument({ ...DOCUMENT, ...part }, { json: false, quiet: false, ...options }, { stdout, stderr });
  const text = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? "");
  return { stdout: text(stdout), stderr: text(stderr) };
}

describe("what a command prints", () => {
  it("says what became the baseline, and under which tag a candidate is kept that is not applied", () => {
    const baseline = { from: null, to: "dedupe@1", candidate: "dedupe@2" };
    assert.match(printed({ baseline }).stdout, /^baseline: dedupe@1\ncandidate kept as: dedupe@2$/m);
    const applied = printed({ baseline: { ...baseline, to: "dedupe@2" } }).stdout;
    assert.match(applied, /^baseline: dedupe@2$/m);
    assert.doesNotMatch(applied, /kept as/);
  });

  it("says how to go on where that can help, and not after what the session keeps as it was", () => {
    const after = (code: string): string =>
      printed({ verdict: null, error: { code, message: "it is so", hint: "mend it", location: null } })
        .stderr;
    const resume = `  then: myriad run --resume ${DOCUMENT.session!}\n`;
    for (const code of ["JOURNAL_WRITE_FAILED", "STATE_UNWRITABLE", "SANDBOX_INFRA"]) {
      assert.equal(after(code), `error ${code}: it is so\n  mend it\n${resume}`);
    }
    for (const code of ["SUBJECT_TYPE_ERROR", "BUNDLE_FAILED", "INPUTS_TOO_FEW", "METRIC_NO_FIGURE"]) {
      assert.equal(after(code), `error ${code}: it is so\n  mend it\n`);
    }
  });

  it("says how a run of bench files goes on, and not after what another resumption would be refused for, too", () => {
    const session = DOCUMENT.session!;
    const after = (code: string): string => {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const error = { code, message: "it is so", hint: "mend it", location: null };
      const document = { ...emptyBenchDocument(DOCUMENT.environment), session, error };
      printDocument(document, { json: false, quiet: false }, { stdout, stderr });
      return String(stderr.read());
    };
    const resume = `  then: myriad bench --resume ${session}\n`;
    for (const code of ["JOURNAL_WRITE_FAILED", "STATE_UNWRITABLE", "SANDBOX_INFRA"]) {
      assert.equal(after(code), `error ${code}: it is so\n  mend it\n${resume}`);
    }
    for (const code of [
      "SESSION_SOURCE_CHANGED",
      "BUNDLE_FAILED",
      "BENCH_FILE_FAILED",
      "BASELINE_INCOMPARABLE",
    ]) {
      assert.equal(after(code), `error ${code}: it is so\n  mend it\n`);
    }
  });

  it("names every candidate that was refused, where, and why", () => {
    const refusals = [
      { candidate: "set + hoist", phase: "gates", reason: "a rule" },
      { candidate: "set", phase: "burst", reason: "3 of its sandboxes failed" },
    ] as const;
    assert.match(
      printed({ refusals }).stdout,
      /^refused in gates: set \+ hoist: a rule\nrefused in burst: set: 3 of its sandboxes failed$/m,
    );
  });
});
