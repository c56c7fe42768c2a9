/**
 * The WebAssembly instance under a machine: the module compiled once a thread, each instance with a memory of
 * its own whose maximum is the cap.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { QuickJSEmscriptenModule } from "@jitl/quickjs-ffi-types";
import loader from "@jitl/quickjs-wasmfile-release-sync/emscripten-module";

/** The part of WebAssembly's interface that is used here; the compiler's library has it only with the DOM. */
interface EngineMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface WebAssemblyInterface {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => EngineMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}
const wasm = (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly;

/** The glue code's options that are used here, in those types. */
type Load = (options: {
  readonly wasmMemory: EngineMemory;
  readonly instantiateWasm: (imports: object, onSuccess: (instance: object) => void) => object;
}) => Promise<QuickJSEmscriptenModule>;

export interface Instance {
  readonly module: QuickJSEmscriptenModule;
  readonly memory: EngineMemory;
  /** Set when the engine asked for more memory than the cap allows; the machine clears it. */
  growthRefused: boolean;
}

/** Where this build of the engine keeps two numbers; null where they were not found. */
export interface Layout {
  /** Address of the allocator's break: no memory at or above the break is in use. */
  readonly breakAddress: number | null;
  /** The stack's room between static data and heap. What lies in it between runs is dead. */
  readonly stack: { readonly low: number; readonly high: number } | null;
  /** Distance of the engine's poll counter from its context. */
  readonly counterOffset: number | null;
}

const PAGES_PER_MB = 16;
/** The build imports a memory of at least this size; a lower cap is not possible. */
export const SMALLEST_MEMORY_MB = 16;

let compiled: object | null = null;

/** Lies beside the sources, also when this is a built copy. */
export const ENGINE_FILE: string = fileURLToPath(
  new URL(
    import.meta.url.endsWith(".ts")
      ? "./engine/quickjs.wasm"
      : "../../../kernels/sandbox/engine/quickjs.wasm",
    import.meta.url,
  ),
);

function compile(): object {
  compiled ??= new wasm.Module(readFileSync(ENGINE_FILE));
  return compiled;
}

export async function instantiate(memoryMb: number): Promise<Instance> {
  const maximum = Math.max(Math.floor(memoryMb), SMALLEST_MEMORY_MB) * PAGES_PER_MB;
  const memory = new wasm.Memory({ initial: SMALLEST_MEMORY_MB * PAGES_PER_MB, maximum });
  const code = compile();
  const module = await (loader as unknown as Load)({
    wasmMemory: memory,
    instantiateWasm(imports, onSuccess) {
      const made = new wasm.Instance(code, imports);
      onSuccess(made);
      return made.exports;
    },
  });
  const instance: Instance = { module, memory, growthRefused: false };
  watchGrowth(instance);
  return instance;
}

/** The glue code swallows a refused growth; the engine then fails in one of several ways. */
function watchGrowth(instance: Instance): void {
  const { memory } = instance;
  const grow = memory.grow.bind(memory);
  Object.defineProperty(memory, "grow", {
    value(pages: number): number {
      try {
        instance.growthRefused = false;
        return grow(pages);
      } catch (error) {
        instance.growthRefused = true;
        throw error;
      }
    },
  });
}
