import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ACTOR_ERRORS } from "../../../actors/index.ts";
import { CLUSTER_ERRORS } from "../../../cluster/index.ts";
import { POOL_ERRORS } from "../../../kernels/pool/index.ts";
import { SANDBOX_ERRORS } from "../../../kernels/sandbox/index.ts";
import { STATISTICS_ERRORS } from "../../../kernels/statistics/index.ts";
import { SYNTAX_ERRORS } from "../../../kernels/syntax/index.ts";
import type { ErrorTable } from "../../../runtime/contracts/index.ts";
import { RUNTIME_ERRORS } from "../../../runtime/index.ts";
import { CLI_ERRORS } from "../../../cli/errors.ts";
import { STORAGE_ERRORS } from "../../../storage/index.ts";
import { readSource } from "../../kit/repository.ts";

const ROOMS: readonly (readonly [string, ErrorTable])[] = [
  ["actors/README.md", ACTOR_ERRORS],
  ["cli/README.md", CLI_ERRORS],
  ["cluster/README.md", CLUSTER_ERRORS],
  ["kernels/pool/README.md", POOL_ERRORS],
  ["kernels/sandbox/README.md", SANDBOX_ERRORS],
  ["kernels/statistics/README.md", STATISTICS_ERRORS],
  ["kernels/syntax/README.md", SYNTAX_ERRORS],
  ["runtime/README.md", RUNTIME_ERRORS],
  ["storage/README.md", STORAGE_ERRORS],
];

describe("error codes", () => {
  for (const [readme, table] of ROOMS) {
    it(`${readme} documents every code of its table, and no other`, () => {
      const documented = [...readSource(readme).matchAll(/^\| *`([A-Z][A-Z_]+)` *\|/gm)].map(
        ([, code]) => code!,
      );
      assert.deepEqual(documented.toSorted(), Object.keys(table).toSorted());
    });
  }

  it("no code stands for two things", () => {
    const codes = ROOMS.flatMap(([, table]) => Object.keys(table));
    assert.equal(
      new Set(codes).size,
      codes.length,
      String(codes.filter((code, at) => codes.indexOf(code) !== at)),
    );
  });
});
