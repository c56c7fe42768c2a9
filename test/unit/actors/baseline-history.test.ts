import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { baselineHistory, historyBeside } from "../../../actors/evidence/baseline-history.ts";
import type { NewBaselineRow } from "../../../actors/evidence/evidence-store.ts";
import type { BaselineSeries } from "../../../actors/workflow/session-document.ts";
import type { Isolation } from "../../../kernels/sandbox/index.ts";
import type { Task } from "../../../actors/workflow/task.ts";
import { forkRow } from "../../kit/analytics.ts";
import { openKept } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import { baselineRowOf, burstOutcomeOf, ISOLATION, sessionOf } from "../../kit/session.ts";

const told = (history: readonly BaselineSeries[]): unknown =>
  history.map(({ level, carrier, entries }) => [level, carrier, entries.map(({ tag }) => tag)]);

describe("the versions of a case in time", () => {
  let home: Kept;
  before(async () => {
    home = await openKept();
  });
  after(() => home.close());

  /** Versions of a case, one after another, each measured in this carrier. */
  async function keep(
    caseId: string,
    carriers: readonly (string | null)[],
    engine = "isolate",
    part: Partial<NewBaselineRow> = {},
  ): Promise<void> {
    for (const [at, carrier] of carriers.entries()) {
      const tag = `${caseId}@${at + 1}`;
      const row = baselineRowOf({ caseId, samplesSession: `of ${tag}`, createdAt: at, ...part });
      const { samplesSession: session, samplesVersion: version } = row;
      await home.state.analytics.recordFork(forkRow(0, { session, version, caseId, engine, carrier }), []);
      await home.evidence.establish(tag, [row]);
    }
  }
  async function beside(
    id: string,
    carrier: Isolation["carrier"],
    engine: Isolation["engine"] = "isolate",
    task: Partial<Task> = {},
  ): Promise<unknown> {
    const burst = burstOutcomeOf({ isolation: { ...ISOLATION, engine, carrier } });
    const session = sessionOf("burst", { outputs: { burst } }, { id, ...task });
    return told(await historyBeside(session, home.state.analytics));
  }

  it("go on through those of before the carrier was kept", async () => {
    await keep("upgraded", [null, null, "bubblewrap"]);
    const series = [["isolate", "bubblewrap", ["upgraded@1", "upgraded@2", "upgraded@3"]]];
    assert.deepEqual(told(await baselineHistory("upgraded", null, home.state.analytics)), series);
    assert.deepEqual(await beside("upgraded", "bubblewrap"), series);
  });

  it("stand apart where no carrier is kept, and those of the level are of several", async () => {
    await keep("either", [null, "bubblewrap", "permission"]);
    assert.deepEqual(told(await baselineHistory("either", null, home.state.analytics)), [
      ["isolate", null, ["either@1"]],
      ["isolate", "bubblewrap", ["either@2"]],
      ["isolate", "permission", ["either@3"]],
    ]);
  });

  it("beside a session are those of its own carrier, whichever began last", async () => {
    await keep("both", ["bubblewrap", "bubblewrap", "permission", "permission"]);
    assert.deepEqual(await beside("both", "bubblewrap"), [["isolate", "bubblewrap", ["both@1", "both@2"]]]);
    assert.deepEqual(await beside("both", "permission"), [["isolate", "permission", ["both@3", "both@4"]]]);
    assert.deepEqual(await beside("both", "isolated-vm"), []);
  });

  it("beside a session are those with two versions, whatever began alone after them", async () => {
    await keep("moved", ["bubblewrap", "bubblewrap", "permission"]);
    assert.deepEqual(await beside("moved", "bubblewrap"), [
      ["isolate", "bubblewrap", ["moved@1", "moved@2"]],
    ]);
  });

  it("beside a session about commands are those of commands", async () => {
    await keep("ls", ["bubblewrap", "bubblewrap"], "process");
    assert.deepEqual(await beside("ls", "bubblewrap", "process"), [
      ["process", "bubblewrap", ["ls@1", "ls@2"]],
    ]);
  });

  it("beside a session are those of the task's own metric, which another carrier tells", async () => {
    const own = { metric: "comparisons", unit: "calls" };
    await keep("count", ["bubblewrap", "permission"], "isolate", own);
    const metrics: Task["metrics"] = [
      {
        name: own.metric,
        unit: own.unit,
        direction: "lower",
        tolerance: 0,
        of: { file: "/project/count.ts", exportName: "comparisons" },
      },
    ];
    assert.deepEqual(await beside("count", "bubblewrap", "isolate", { metrics }), [
      ["realm", "quickjs-wasm", ["count@1", "count@2"]],
    ]);
  });
});
