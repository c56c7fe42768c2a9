/** `npm run schemas`: writes the shipped JSON Schemas from their source. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { RESULT_JSON_SCHEMA, TASK_SCHEMA } from "../../actors/index.ts";
import { ROOT } from "./repository.ts";

for (const [name, schema] of Object.entries({ task: TASK_SCHEMA, result: RESULT_JSON_SCHEMA })) {
  writeFileSync(join(ROOT, "schemas", `${name}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`);
}
