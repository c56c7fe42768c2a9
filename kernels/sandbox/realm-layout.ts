/**
 * Finds out, in a machine that is then thrown away, where this build of the engine keeps its allocator's
 * break and its poll counter. Found by what they do, so that a new build needs no new numbers; not found, the
 * machine is slower and counts in ten thousands, but not wrong.
 */
import { bootMachine } from "./realm-machine.ts";
import type { Machine } from "./realm-machine.ts";
import { instantiate, SMALLEST_MEMORY_MB } from "./realm-wasm.ts";
import type { Instance, Layout } from "./realm-wasm.ts";

let found: Promise<Layout> | null = null;

/** Once a thread. */
export function realmLayout(): Promise<Layout> {
  found ??= findLayout();
  return found;
}

async function findLayout(): Promise<Layout> {
  const breakAddress = findBreak(await instantiate(SMALLEST_MEMORY_MB));
  const machine = await bootMachine(SMALLEST_MEMORY_MB, { breakAddress, stack: null, counterOffset: null });
  const counterOffset = findCounter(machine);
  const stack = breakAddress === null ? null : findStack(machine, breakAddress);
  return { breakAddress, stack, counterOffset };
}

const PROBE_BYTES = 1024 * 1024;

/**
 * The break is a word in the static data, below the first allocation. After each large allocation it lies
 * just above what was allocated; of the words that do so it is the highest, since nothing lies above it.
 */
function findBreak({ module, memory }: Instance): number | null {
  const staticWords = module._malloc(16) >>> 2;
  let candidates: number[] | null = null;
  for (let probe = 0; probe < 3; probe++) {
    const top = module._malloc(PROBE_BYTES) + PROBE_BYTES;
    const words = new Uint32Array(memory.buffer);
    const follows = (index: number): boolean =>
      words[index]! >= top && words[index]! < top + PROBE_BYTES && words[index]! % 16 === 0;
    candidates = candidates === null ? indexesBelow(words, staticWords, follows) : candidates.filter(follows);
  }
  const words = new Uint32Array(memory.buffer);
  const highest = candidates!.sort((left, right) => words[right]! - words[left]!)[0];
  return highest === undefined ? null : highest * 4;
}

/** Zeros are passed over page by page: the stack's room is most of what lies below the heap. */
function indexesBelow(words: Uint32Array, end: number, holds: (index: number) => boolean): number[] {
  const indexes: number[] = [];
  for (let page = 0; page < end; page += PAGE_WORDS) {
    if (isZeroPage(words, page)) continue;
    for (let index = page; index < Math.min(page + PAGE_WORDS, end); index++) {
      if (holds(index)) indexes.push(index);
    }
  }
  return indexes;
}

const PAGE_WORDS = 1024;
const zeroPage = new Uint8Array(PAGE_WORDS * 4);

/** By one native comparison: this is run by every thread when it starts. */
function isZeroPage(words: Uint32Array | Int32Array, page: number): boolean {
  const bytes = new Uint8Array(words.buffer, page * 4, zeroPage.length);
  return Buffer.compare(bytes, zeroPage) === 0;
}

const LEAST_STACK_WORDS = (1024 * 1024) / 4;
/** Static data may end in zeros: so much of the stretch still counts as data. */
const DATA_SLACK_WORDS = (16 * 1024) / 4;

/**
 * The stack has megabytes of room, of which little is ever touched: it is the longest stretch of zero pages below
 * the heap. Its touched end counts as heap, which costs some bytes and no more.
 */
function findStack(machine: Machine, breakAddress: number): Layout["stack"] {
  const words = machine.words;
  const end = words[breakAddress >>> 2]! >>> 2;
  let [low, high, start] = [0, 0, 0];
  for (let page = 0; page + PAGE_WORDS <= end; page += PAGE_WORDS) {
    if (!isZeroPage(words, page)) start = page + PAGE_WORDS;
    else if (page + PAGE_WORDS - start > high - low) [low, high] = [start, page + PAGE_WORDS];
  }
  if (high - low < LEAST_STACK_WORDS) return null;
  return { low: (low + DATA_SLACK_WORDS) * 4, high: high * 4 };
}

const CONTEXT_BYTES = 2048;

/** The counter falls with every turn of a loop, by the same for each: 2,000 turns take twice as much as 1,000. */
function findCounter(machine: Machine): number | null {
  const first = machine.contextAddress >>> 2;
  const loop = machine.evaluate("(function (n) { for (var i = 0; i < +n; i++); })", "probe.js");
  if (loop.how !== "returned") return null;
  const fall = (turns: string): number[] => {
    const text = machine.text(turns);
    const before = machine.words.slice(first, first + CONTEXT_BYTES / 4);
    machine.call(loop.value, text);
    return Array.from(before, (word, index) => word - machine.words[first + index]!);
  };
  const once = fall("1000");
  const twice = fall("2000");
  for (let index = 0; index < once.length; index++) {
    const perTurn = Math.round((twice[index]! - once[index]!) / 1000);
    if (perTurn < 1 || perTurn > 3) continue;
    if (Math.abs(once[index]! - perTurn * 1000) < 20) return index * 4;
  }
  return null;
}
