/**
 * A QuickJS engine in its own WebAssembly memory that can be put back to what it was.
 *
 *   bootMachine(memoryMb)     one runtime, one context; the memory's maximum is the hard cap
 *   evaluate, call, pump      run code; they say how it ended and never throw for what the code does
 *   snapshot()                a copy of all memory in use
 *   restore(snapshot)         writes the copy back; what was allocated since is zeroed
 *
 * Values are addresses in the memory. Those made before a snapshot stay valid after its restore, those made
 * after it are gone; nothing is ever freed one by one. The machine's only state outside of its memory is the
 * stack pointer, which every normal return leaves as it was: after a trap the machine is `broken`, and is to
 * be thrown away.
 *
 * Code in the machine is given no function of the host: it can reach nothing but its memory.
 */
import type {
  BorrowedHeapCharPointer,
  EvalDetectModule,
  EvalFlags,
  IntrinsicsFlags,
  JSContextPointer,
  JSContextPointerPointer,
  JSRuntimePointer,
  JSValueConstPointerPointer,
  JSValuePointer,
  OwnedHeapCharPointer,
  QuickJSEmscriptenModule,
} from "@jitl/quickjs-ffi-types";
import { QuickJSFFI } from "@jitl/quickjs-wasmfile-release-sync/ffi";
import { instantiate } from "./realm-wasm.ts";
import type { Instance, Layout } from "./realm-wasm.ts";

export type Value = JSValuePointer;

export type Ended =
  | { readonly how: "returned"; readonly value: Value }
  /** `text` is JSON of what was thrown. */
  | { readonly how: "threw"; readonly text: string }
  /** `time`: the deadline passed. `trap`: the engine itself stopped; the machine is broken. */
  | { readonly how: "limit"; readonly limit: "time" | "memory" | "stack" | "trap" };

export interface Snapshot {
  /** Static data, then the heap from its own address on: what lies between is the stack, empty between runs. */
  readonly data: Uint8Array;
  readonly heap: Uint8Array;
  readonly heapAddress: number;
}

const STACK_BYTES = 128 * 1024;
/** The engine asks after this many polls (calls and turns of loops) whether it shall stop. */
const POLLS_PER_INTERRUPT = 10_000;
const ALL_JOBS = -1;
const PLAIN_SCRIPT = 0 as EvalDetectModule;
const GLOBAL = 0 as EvalFlags;
const MAX_ARGUMENTS = 2;
const POINTER_BYTES = 4;

/** @param layout null while the layout itself is being found out: then restore and polls are not to be used. */
export async function bootMachine(memoryMb: number, layout: Layout): Promise<Machine> {
  return new Machine(await instantiate(memoryMb), layout);
}

export class Machine {
  readonly #module: QuickJSEmscriptenModule;
  readonly #ffi: QuickJSFFI;
  readonly #instance: Instance;
  readonly #layout: Layout;
  readonly #runtime: JSRuntimePointer;
  readonly #context: JSContextPointer;
  readonly #undefined: Value;
  readonly #argv: number;
  readonly #jobContext: number;
  #heap: Uint8Array;
  #words: Int32Array;
  #interrupts = 0;
  #deadline = Infinity;
  #late = false;
  #broken = false;
  #peakBytes = 0;

  constructor(instance: Instance, layout: Layout) {
    this.#instance = instance;
    this.#module = instance.module;
    this.#layout = layout;
    this.#ffi = new QuickJSFFI(this.#module);
    this.#heap = new Uint8Array(instance.memory.buffer);
    this.#words = new Int32Array(instance.memory.buffer);
    this.#module.callbacks = refusing(() => this.#shouldStop());
    this.#runtime = this.#ffi.QTS_NewRuntime();
    this.#ffi.QTS_RuntimeSetMaxStackSize(this.#runtime, STACK_BYTES);
    this.#ffi.QTS_RuntimeEnableInterruptHandler(this.#runtime);
    this.#context = this.#ffi.QTS_NewContext(this.#runtime, 0 as IntrinsicsFlags);
    this.#undefined = this.#ffi.QTS_GetUndefined() as unknown as Value;
    this.#argv = this.#module._malloc(MAX_ARGUMENTS * POINTER_BYTES);
    this.#jobContext = this.#module._malloc(POINTER_BYTES);
  }

  /** A trap left the stack where it was: nothing more may be run here. */
  get broken(): boolean {
    return this.#broken;
  }

  /** The most memory that was ever in use, in bytes, as seen at the ends of runs. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** Of the whole memory, in use or not: it grows and never shrinks. */
  get sizeBytes(): number {
    return this.#instance.memory.buffer.byteLength;
  }

  /** Begins to count the peak anew. */
  forgetPeak(): void {
    this.#peakBytes = 0;
  }

  /** Address of the engine's context: the fields of its record stand at fixed distances from it. */
  get contextAddress(): number {
    return this.#context;
  }

  /** The machine's memory as it is now; a larger one after growth. */
  get words(): Int32Array {
    this.#refreshViews();
    return this.#words;
  }

  /** Begins to count polls, and to stop what runs later than `deadline` (as `performance.now()` counts). */
  begin(deadline: number): void {
    this.#interrupts = 0;
    this.#deadline = deadline;
    this.#late = false;
    this.#instance.growthRefused = false;
  }

  /** Polls since `begin`, given the counter as it was then: the same for the same work on every machine. */
  polls(counterAtBegin: number): number {
    return this.#interrupts * POLLS_PER_INTERRUPT + counterAtBegin - this.counter();
  }

  /** What is left until the engine's next interrupt. */
  counter(): number {
    const { counterOffset } = this.#layout;
    return counterOffset === null ? 0 : this.words[(this.#context + counterOffset) / POINTER_BYTES]!;
  }

  evaluate(code: string, fileName: string): Ended {
    return this.#guard(() => {
      const bytes = this.#module.lengthBytesUTF8(code);
      const text = this.#textIn(code, bytes);
      const value = this.#ffi.QTS_Eval(this.#context, text, bytes, fileName, PLAIN_SCRIPT, GLOBAL);
      // Functions keep a text of their own: the room of this one is the program's.
      this.#module._free(text);
      return value;
    });
  }

  /** At most two arguments. */
  call(callee: Value, ...args: readonly Value[]): Ended {
    return this.#guard(() => this.callUnguarded(callee, ...args));
  }

  /** `call` without looking at how it ended: `ended` does that, and has to. Throws on a trap. */
  callUnguarded(callee: Value, ...args: readonly Value[]): Value {
    for (let index = 0; index < args.length; index++) {
      this.words[this.#argv / POINTER_BYTES + index] = args[index]!;
    }
    const argv = this.#argv as JSValueConstPointerPointer;
    return this.#ffi.QTS_Call(this.#context, callee, this.#undefined, args.length, argv);
  }

  /** Runs jobs until none is left. */
  pump(): Ended {
    return this.#guard(() => {
      const context = this.#jobContext as JSContextPointerPointer;
      return this.#ffi.QTS_ExecutePendingJob(this.#runtime, ALL_JOBS, context);
    });
  }

  /** How a call ended whose result this is. */
  ended(value: Value): Ended {
    if (this.#late) return { how: "limit", limit: "time" };
    // A refused growth is the memory limit, also where the code caught the failure and went on.
    if (this.#instance.growthRefused || value === 0) return { how: "limit", limit: "memory" };
    const thrown = this.#ffi.QTS_ResolveException(this.#context, value);
    if (thrown === 0) return { how: "returned", value };
    const text = this.#module.UTF8ToString(dumped(this.#ffi.QTS_Dump(this.#context, thrown)));
    if (text.includes('"stack overflow"')) return { how: "limit", limit: "stack" };
    if (text.includes('"out of memory"')) return { how: "limit", limit: "memory" };
    return { how: "threw", text };
  }

  property(holder: Value, name: string): Value {
    return this.#ffi.QTS_GetProp(this.#context, holder, this.text(name));
  }

  /** A text without U+0000, made in the machine. */
  text(text: string): Value {
    return this.#ffi.QTS_NewString(this.#context, this.#textIn(text, this.#module.lengthBytesUTF8(text)));
  }

  read(value: Value): string {
    const text = this.#ffi.QTS_GetString(this.#context, value) as unknown as BorrowedHeapCharPointer;
    return this.#module.UTF8ToString(text);
  }

  /** Where the content of a typed array's buffer stands. */
  bytesAddress(buffer: Value): number {
    return this.#ffi.QTS_GetArrayBuffer(this.#context, buffer);
  }

  /** Whether the bytes at an address are these. */
  holds(address: number, expected: Uint8Array): boolean {
    for (let index = 0; index < expected.length; index++) {
      if (this.#heap[address + index] !== expected[index]) return false;
    }
    return true;
  }

  bytes(address: number, length: number): Uint8Array {
    this.#refreshViews();
    return this.#heap.slice(address, address + length);
  }

  snapshot(): Snapshot {
    const used = this.#usedBytes();
    const { low, high } = this.#layout.stack ?? { low: used, high: used };
    return { data: this.bytes(0, low), heap: this.bytes(high, used - high), heapAddress: high };
  }

  restore(snapshot: Snapshot): void {
    const used = this.#usedBytes();
    if (used > this.#peakBytes) this.#peakBytes = used;
    this.#heap.set(snapshot.data);
    this.#heap.set(snapshot.heap, snapshot.heapAddress);
    const end = snapshot.heapAddress + snapshot.heap.length;
    if (used > end) this.#heap.fill(0, end, used);
  }

  /** Everything below the allocator's break; all there is, where its place is not known. */
  #usedBytes(): number {
    this.#refreshViews();
    const { breakAddress } = this.#layout;
    return breakAddress === null ? this.#heap.length : this.#words[breakAddress / POINTER_BYTES]! >>> 0;
  }

  /** Growth gives the memory a new buffer and leaves views of the old one empty. */
  #refreshViews(): void {
    if (this.#heap.buffer === this.#instance.memory.buffer) return;
    this.#heap = new Uint8Array(this.#instance.memory.buffer);
    this.#words = new Int32Array(this.#instance.memory.buffer);
  }

  #guard(run: () => Value): Ended {
    // Short calls in a long row never meet an interrupt: a host that waits for an answer is stopped here.
    if (performance.now() > this.#deadline) this.#late = true;
    try {
      return this.ended(run());
    } catch (trap) {
      return this.trapped(trap);
    }
  }

  /** The wasm code itself stopped: its stack overflowed, or it met what its authors call impossible. */
  trapped(trap: unknown): Ended {
    this.#broken = true;
    if (this.#instance.growthRefused) return { how: "limit", limit: "memory" };
    return { how: "limit", limit: trap instanceof RangeError ? "stack" : "trap" };
  }

  #shouldStop(): boolean {
    this.#interrupts++;
    if (performance.now() > this.#deadline) this.#late = true;
    return this.#late;
  }

  #textIn(text: string, bytes: number): OwnedHeapCharPointer {
    const address = this.#module._malloc(bytes + 1) as OwnedHeapCharPointer;
    this.#module.stringToUTF8(text, address, bytes + 1);
    return address;
  }
}

function dumped(text: unknown): BorrowedHeapCharPointer {
  return text as BorrowedHeapCharPointer;
}

/** Of all that the engine may ask of its host, it is only answered whether to stop. */
function refusing(shouldStop: () => boolean): QuickJSEmscriptenModule["callbacks"] {
  const refuse = (): never => {
    throw new Error("the machine has no host functions and no modules");
  };
  return {
    shouldInterrupt: () => (shouldStop() ? 1 : 0),
    callFunction: refuse,
    freeHostRef: () => undefined,
    loadModuleSource: refuse,
    normalizeModule: refuse,
  };
}
