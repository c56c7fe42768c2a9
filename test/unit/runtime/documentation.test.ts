import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RUNTIME_ERRORS } from "../../../runtime/index.ts";
import { TESTKIT_ERRORS } from "../../../runtime/testkit/index.ts";
import { readSource, sourceFiles } from "../../kit/repository.ts";

/** Titles as they stand in the sources; one made by a template is a pattern. */
function testTitles(): readonly RegExp[] {
  const folders = ["test/unit/runtime", "test/contract", "test/integration"];
  const sources = folders.flatMap(sourceFiles).map(readSource).join("\n");
  return [...sources.matchAll(/\bit\(\s*(?:"([^"]+)"|`([^`]+)`)/g)].map(([, plain, template]) => {
    const parts = (plain ?? template ?? "").split(/\$\{[^}]*\}/);
    return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".+")}$`);
  });
}

describe("the runtime's documents", () => {
  it("each sentence of SEMANTICS.md names tests, and every test named there exists", () => {
    const titles = testTitles();
    const sentences = readSource("runtime/SEMANTICS.md")
      .split("\n")
      .filter((line) => line.startsWith("- "));
    assert.ok(sentences.length > 40);
    for (const sentence of sentences) {
      const cited = [...sentence.matchAll(/→ `([^`]+)`/g)].map((match) => match[1]!);
      assert.ok(cited.length > 0, `no test named: ${sentence}`);
      for (const title of cited) {
        assert.ok(
          titles.some((pattern) => pattern.test(title)),
          `there is no test "${title}"`,
        );
      }
    }
  });

  for (const [readme, table] of [
    ["runtime/README.md", RUNTIME_ERRORS],
    ["runtime/testkit/README.md", TESTKIT_ERRORS],
  ] as const) {
    it(`${readme} lists every error code and no other`, () => {
      const listed = [...readSource(readme).matchAll(/^\| `([A-Z_]+)`/gm)].map((match) => match[1]!);
      assert.deepEqual(listed.toSorted(), Object.keys(table).toSorted());
    });
  }
});
