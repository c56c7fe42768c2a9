/** The bundled task whose goal is a metric of its own: what it promises in its first lines, to the letter. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { inProject, myriadJson } from "../../kit/cli.ts";
import { ROOT } from "../../kit/repository.ts";

describe("a task with a metric of its own", () => {
  it("is decided by what that says of the results, input by input, beside what is measured", () =>
    inProject({}, async (cwd) => {
      const task = join(ROOT, "examples", "tasks", "own-metric.yaml");
      const { code, document, stdout } = await myriadJson(["compare", task, "--seed", "1"], { cwd });
      assert.equal(code, 0, stdout);
      assert.deepEqual(
        document.comparisons.map(({ metric, test, engine, verdict }) => [metric, test, engine, verdict]),
        [
          ["boxes", "paired-t-on-inputs", "realm", "improved"],
          ["ticks", "count", "realm", "non_inferior"],
        ],
      );
      const [boxes] = document.comparisons;
      assert.equal(boxes!.unit, "boxes");
      assert.ok(boxes!.ci99![1] < -0.01, "the whole interval is better than the tolerance");
    }));
});
