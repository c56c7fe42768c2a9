/** Task files: YAML (and so JSON) against the schema; an error names file, line and field. */
import { textReader } from "./checked-text.ts";
import { TASK_SCHEMA } from "./task-schema.ts";
import type { TaskText } from "./task.ts";

const read = textReader<TaskText>({ noun: "task", code: "TASK_INVALID", schema: TASK_SCHEMA });

/** @throws TASK_INVALID */
export function parseTaskText(content: string, file: string): TaskText {
  return read(content, file).value;
}
