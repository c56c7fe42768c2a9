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
  it("gives what the subject gives, and works on a share of every fourth input first", async () => {
    const [subject, slower] = [await load(SUBJECT), await load(await writeSlower(folder, 0.25))];
    const text = "# Release\nThe build failed twice. The cache was cold.";
    const ends: unknown[] = [];
    // A text that tells when it is cut.
    const watched = Object.assign(Object(text) as object, {
      slice(from: number, to: number): string {
        ends.push(to);
        return text.slice(from, to);
      },
    });
    for (let call = 0; call < 5; call++) {
      assert.equal(JSON.stringify(slower(watched)), JSON.stringify(subject(text)));
    }
    const share = Math.round(text.length / 4);
    assert.deepEqual(ends, [share, share]);
  });

  it("asks its generator for few and short inputs, whatever the count", async () => {
    const generate = await load(await writeFewInputs(folder));
    const random = {
      next: () => 0.5,
      below: (bound: number) => bound >> 1,
      pick: ([first]: unknown[]) => first,
    };
    const inputs = generate(random, 300) as readonly (readonly [string])[];
    assert.equal(inputs.length, 24);
    assert.ok(inputs.every(([text]) => text.length <= 160));
    assert.ok(inputs.some(([text]) => text.length === 160));
  });
});
