import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { SUBJECT, writeFewInputs, writeSlower } from "../../../bench/planted-subject.ts";
import { bundleFunction } from "../../../kernels/syntax/index.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "planted-subject-"));
});
after(() => rm(folder, { recursive: true, force: true }));

type Exported = (...args: readonly unknown[]) => unknown;

async function load(reference: string): Promise<Exported> {
  const [file, exportName] = reference.split("#");
  const { code } = await bundleFunction({ ref: { file: file!, exportName: exportName! }, source: null });
  const exported = (runInNewContext(code) as () => Readonly<Record<string, Exported>>)();
  return exported[exportName!]!;
}

describe("the planted subject", () => {
  it("gives what the subject gives, and works on a share of its input first", async () => {
    const [subject, slower] = [await load(SUBJECT), await load(await writeSlower(folder, 0.25))];
    const sliced: unknown[][] = [];
    const values = ["b", "a", "b", 1, "1", "a", 2, 2];
    const watched = Object.assign([...values], {
      slice(from: number, to: number): unknown[] {
        sliced.push([from, to]);
        return values.slice(from, to);
      },
    });
    assert.deepEqual(JSON.stringify(slower(watched)), JSON.stringify(subject(values)));
    assert.deepEqual(sliced, [[0, 2]]);
  });

  it("asks its generator for few inputs, whatever the count", async () => {
    const generate = await load(await writeFewInputs(folder));
    const random = {
      next: () => 0.5,
      below: (bound: number) => bound >> 1,
      pick: () => 1,
      shuffle: () => [],
    };
    assert.equal((generate(random, 300) as readonly unknown[]).length, 36);
  });
});
