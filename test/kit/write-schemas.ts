/** `npm run schemas`: writes the shipped JSON Schemas from their source. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BENCH_JSON_SCHEMA,
  CI_JSON_SCHEMA,
  RESULT_JSON_SCHEMA,
  SUITE_SCHEMA,
  TASK_SCHEMA,
} from "../../actors/index.ts";
import { NODE_SCHEMA } from "../../cluster/index.ts";
import { ROOT } from "./repository.ts";

const SCHEMAS: Readonly<Record<string, object>> = {
  task: TASK_SCHEMA,
  result: RESULT_JSON_SCHEMA,
  suite: SUITE_SCHEMA,
  ci: CI_JSON_SCHEMA,
  bench: BENCH_JSON_SCHEMA,
  node: NODE_SCHEMA,
};

for (const [name, schema] of Object.entries(SCHEMAS)) {
  writeFileSync(join(ROOT, "schemas", `${name}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`);
}
