/**
 * The workloads between two threads, for every peer: the same logic as the runtime's own. A peer is
 *
 *     ask({id, text})              gives a promise of id + text.length, computed on the other thread
 *     tell?({kind, id, value})     adds value to a total there
 *     total?()                     gives a promise of that total, after all that was told before
 *     bulk?(array)                 gives a promise of the same array, back from there, its first number + 1
 */
import { timed } from "./child.js";

const TEXT = "x".repeat(100);
const WINDOW = 1_000;
/** Windows that may be under way at once. */
const WINDOWS = 8;
const MEGABYTE = 2 ** 20;

export function threadWorkloads(connect) {
  return {
    "thread-ask-1": async () => ask(await connect(), 1),
    "thread-ask-1000": async () => ask(await connect(), 1_000),
    "thread-tell": async () => tell(await connect()),
    "thread-bulk": async () => bulk(await connect()),
  };
}

function ask(peer, outstanding) {
  return (size) =>
    timed(size, async (resolve) => {
      let sum = 0;
      let next = 0;
      const client = async () => {
        while (next < size) {
          const answer = await peer.ask({ id: next++, text: TEXT });
          sum += answer;
        }
      };
      await Promise.all(Array.from({ length: outstanding }, client));
      resolve(sum);
    });
}

function tell(peer) {
  return async (size) => {
    const before = await peer.total();
    return timed(size, async (resolve) => {
      let next = 0;
      const client = async () => {
        while (next < size) {
          const first = next;
          next += WINDOW;
          for (let value = 0; value < WINDOW; value++) peer.tell({ kind: "add", id: first + value, value });
          await peer.total();
        }
      };
      await Promise.all(Array.from({ length: WINDOWS }, client));
      resolve((await peer.total()) - before);
    });
  };
}

function bulk(peer) {
  return (size) =>
    timed(size, async (resolve) => {
      let array = new Float32Array(MEGABYTE / 4);
      for (let index = 0; index < size; index++) array = await peer.bulk(array);
      resolve(array[0]);
    });
}
