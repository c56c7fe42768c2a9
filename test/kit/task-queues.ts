/** Queues and tasks for tests, on one server, each queue in a cluster of its own. */
import {
  makeEnvelope,
  openTaskQueue,
  Subjects,
  type Envelope,
  type NewEnvelope,
  type TaskQueue,
  type TaskQueueOptions,
} from "../../cluster/index.ts";
import { systemClock } from "../../runtime/contracts/index.ts";
import type { NatsForTest } from "./nats.ts";

let clusters = 0;

export function newSubjects(): Subjects {
  return new Subjects(`t${++clusters}`);
}

export async function openQueue(
  test: NatsForTest,
  options: Partial<TaskQueueOptions> & { readonly subjects?: Subjects } = {},
): Promise<TaskQueue> {
  const { subjects = newSubjects(), ...rest } = options;
  return await openTaskQueue(await test.connect(), subjects, { name: "tasks", ...rest });
}

/** A task that is told by its id. */
export function task(id: string, more: Partial<NewEnvelope> = {}): Envelope {
  const payload = { task_id: id, task_type: "test", data: { id } };
  return makeEnvelope(
    { sender_id: "tester", receiver_id: "worker", message_id: id, payload, ...more },
    systemClock,
  );
}
