/**
 * The sandbox process of the isolated-vm carrier: the same work as isolate-child, in a V8 isolate that has
 * no platform at all. A memory bomb still takes the whole process down, which is why it is disposable.
 */
import { createRequire } from "node:module";
import type { ChildRequest } from "./isolate-child.ts";
import type { FrameKind } from "./isolate-frames.ts";
import type { Step } from "./isolate-host.ts";
import { cpuMs, emit, finish } from "./isolate-output.ts";

/** The little of isolated-vm's interface that is used here. */
interface IsolatedVm {
  readonly Isolate: new (options: { readonly memoryLimit: number }) => {
    readonly isDisposed: boolean;
    createContextSync(): {
      evalClosureSync(
        code: string,
        args: readonly unknown[],
        options: { readonly result: { readonly reference: true } },
      ): {
        applySync(
          self: undefined,
          args: readonly [],
          options: { readonly result: { readonly copy: true } },
        ): Step;
      };
    };
  };
  readonly Callback: new (run: (...args: never[]) => unknown) => unknown;
}

export function runChild(request: ChildRequest): void {
  const { Isolate, Callback } = createRequire(request.isolatedVm)(request.isolatedVm) as IsolatedVm;
  const beginning = process.hrtime.bigint();
  const isolate = new Isolate({ memoryLimit: Math.max(8, Math.ceil(request.memoryMb)) });
  const step = isolate
    .createContextSync()
    .evalClosureSync(
      bootstrap(request),
      [
        new Callback((kind: FrameKind, text: string) => emit(kind, text)),
        new Callback(() => Number(process.hrtime.bigint() - beginning)),
        new Callback(cpuMs),
        JSON.stringify(request.job),
      ],
      { result: { reference: true } },
    );
  // Promise jobs of the isolate are run at the end of each call into it. A rejection that the program leaves
  // unhandled comes out of that call; it is the program's own affair.
  const take = (): Step => {
    try {
      return step.applySync(undefined, [], { result: { copy: true } });
    } catch (thrown) {
      if (isolate.isDisposed) throw thrown;
      return "more";
    }
  };
  while (take() === "more");
  finish();
}

function bootstrap({ inside, harness }: ChildRequest): string {
  return `
    const emit = $0, clock = $1, cpuMs = $2, job = JSON.parse($3), evaluate = eval, toBigInt = BigInt;
    const start = ${inside};
    const host = {
      harness: ${harness},
      now: () => toBigInt(clock()),
      cpuMs: () => cpuMs(),
      heap: null,
      emit: (kind, text) => { emit(kind, text); },
      foreign: [],
      evaluate: (code) => evaluate(code),
    };
    const step = start(host, job);
    // Whoever asks again after the end, or after a step that failed, hears that it is over.
    let last = "more";
    return () => {
      if (last === "done") return last;
      last = "done";
      return (last = step());
    };`;
}
