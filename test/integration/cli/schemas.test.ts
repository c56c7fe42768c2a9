import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import {
  BENCH_JSON_SCHEMA,
  CI_JSON_SCHEMA,
  RESULT_JSON_SCHEMA,
  SUITE_SCHEMA,
  TASK_SCHEMA,
} from "../../../actors/index.ts";
import { readSchema } from "../../kit/cli.ts";
import { ROOT } from "../../kit/repository.ts";

describe("the shipped schemas", () => {
  it("are what the sources say; after a change: npm run schemas", () => {
    assert.deepEqual(readSchema("result"), RESULT_JSON_SCHEMA);
    assert.deepEqual(readSchema("task"), TASK_SCHEMA);
    assert.deepEqual(readSchema("suite"), SUITE_SCHEMA);
    assert.deepEqual(readSchema("ci"), CI_JSON_SCHEMA);
    assert.deepEqual(readSchema("bench"), BENCH_JSON_SCHEMA);
  });

  it("accept every bundled suite", () => {
    const validate = new Ajv2020({ strict: true }).compile(readSchema("suite"));
    const suite: unknown = parse(readFileSync(join(ROOT, "examples", "ci", "myriad.ci.yaml"), "utf8"));
    assert.ok(validate(suite), JSON.stringify(validate.errors));
  });

  it("accept every bundled task", () => {
    const validate = new Ajv2020({ strict: true }).compile(readSchema("task"));
    const folder = join(ROOT, "examples", "tasks");
    for (const name of readdirSync(folder)) {
      const task: unknown = parse(readFileSync(join(folder, name), "utf8"));
      assert.ok(validate(task), `${name}: ${JSON.stringify(validate.errors)}`);
    }
  });
});
