/** JSON Schemas of what is told about jobs. */
import { orNull, record, text, type Schema } from "../services/schema.ts";
import { JOB_APPROVALS, JOB_COMMANDS, JOB_STATES } from "./job.ts";

export const JOB_ID_SCHEMA: Schema = text(26, {
  pattern: "^[0-7][0-9A-HJKMNP-TV-Zabcdefghjkmnpqrstvwxyz]{25}$",
});

const name = text(1_000);
const time = text(40);

const errorSchema = record({
  code: text(100),
  message: text(100_000),
  hint: orNull(text(100_000)),
  location: orNull(text(100_000)),
});

export const JOB_SCHEMA: Schema = record({
  id: JOB_ID_SCHEMA,
  command: { enum: JOB_COMMANDS },
  task: name,
  state: { enum: JOB_STATES },
  approval: { enum: JOB_APPROVALS },
  submittedAt: time,
  changedAt: time,
  node: orNull(name),
  session: orNull(name),
  phase: orNull(name),
  attempts: { type: "integer", minimum: 0 },
  releases: { type: "integer", minimum: 0 },
  isCancelAsked: { type: "boolean" },
  verdict: orNull(name),
  success: orNull({ type: "boolean" }),
  error: orNull(errorSchema),
  baseline: orNull(name),
});

/** @param task of task documents */
export function requestSchema(task: Schema): Schema {
  return record({
    command: { enum: JOB_COMMANDS },
    task,
    directory: text(1_000),
    approval: { type: "boolean" },
  });
}

export const PROGRESS_SCHEMA: Schema = record({
  job: JOB_ID_SCHEMA,
  at: time,
  state: { enum: JOB_STATES },
  phase: orNull(name),
  done: orNull({ type: "number" }),
  total: orNull({ type: "number" }),
  unit: orNull(name),
  text: orNull(text(10_000)),
});
