/** Tasks enqueued to a stream, each done when the stream has confirmed it: by the queue, and by the raw client. */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { makeEnvelope, openTaskQueue, Subjects, type Envelope, type Nats } from "../../cluster/index.ts";
import { systemClock } from "../../runtime/contracts/index.ts";
import { askSizeTimes, type Run } from "../myriad/measuring.ts";

const OUTSTANDING = 1_000;
const DATA = { key: "k17", text: "x".repeat(100) };

/** Of the same bytes whoever sends it, but for its id. */
function envelopeOf(id: number): Envelope {
  return makeEnvelope(
    {
      sender_id: "bench",
      receiver_id: "workers",
      message_id: `${process.pid}-${id}`,
      conversation_id: "bench",
      payload: { task_id: "t", task_type: "bench", data: DATA },
    },
    systemClock,
  );
}

/** Ids go on from one run to the next: one that is known would not be kept. */
function counted(enqueue: (id: number) => Promise<unknown>): Run {
  let runs = 0;
  return async (size) => {
    const from = runs++ * 1_000_000_000;
    return await askSizeTimes(OUTSTANDING, async (index) => {
      await enqueue(from + index);
      return 1;
    })(size);
  };
}

export async function enqueueByQueue(nats: Nats, replicas: number): Promise<Run> {
  const queue = await openTaskQueue(nats, new Subjects(`bench${process.pid}`), { name: "tasks", replicas });
  return counted((id) => queue.enqueue(envelopeOf(id)));
}

/** @param replicas as many, and the same window in which ids are known */
export async function enqueueRaw({ connection }: Nats, replicas: number): Promise<Run> {
  const name = `RAW${process.pid}`;
  const subject = `raw.${process.pid}.tasks`;
  const manager = await jetstreamManager(connection);
  await manager.streams.add({
    name,
    subjects: [subject],
    retention: "workqueue",
    storage: "file",
    num_replicas: replicas,
    duplicate_window: 120_000_000_000,
  });
  const js = jetstream(connection, { timeout: 60_000 });
  return counted((id) => {
    const { message_id: msgID, ...rest } = envelopeOf(id);
    return js.publish(subject, JSON.stringify({ message_id: msgID, ...rest }), { msgID });
  });
}
