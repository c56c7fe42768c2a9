import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BENCH_ERRORS } from "../../../bench/errors.ts";
import { QUESTIONS } from "../../../bench/questions.ts";
import { readSource } from "../../kit/repository.ts";

const readme = readSource("bench/README.md");

describe("the bench's README", () => {
  it("documents every error code, and no other", () => {
    const documented = [...readme.matchAll(/^\| *`([A-Z][A-Z_]+)` *\|/gm)].map(([, code]) => code!);
    assert.deepEqual(documented.toSorted(), Object.keys(BENCH_ERRORS).toSorted());
  });

  it("tells of every question, and of no other", () => {
    const told = [...readme.matchAll(/^\| `([a-z-]+)` +\| `[a-z/-]+\.ts`/gm)].map(([, name]) => name!);
    assert.deepEqual(
      told,
      QUESTIONS.map(({ name }) => name),
    );
  });
});
