/**
 * The sandbox process of the isolated-vm carrier: the same work as isolate-child, in a V8 isolate that has
 * no platform at all. A memory bomb still takes the whole process down, which is why it is disposable.
 */
import { createRequire } from "node:module";
import type { ChildRequest } from "./isolate-child.ts";
import type { FrameKind } from "./isolate-frames.ts";
import type { Step } from "./isolate-inside.ts";
import { emit, finish } from "./isolate-output.ts";

/** The little of isolated-vm's interface that is used here. */
interface IsolatedVm {
  readonly Isolate: new (options: { readonly memoryLimit: number }) => {
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
  const step = new Isolate({ memoryLimit: Math.max(8, Math.ceil(request.memoryMb)) })
    .createContextSync()
    .evalClosureSync(
      bootstrap(request),
      [
        new Callback((kind: FrameKind, text: string) => emit(kind, text)),
        new Callback(() => Number(process.hrtime.bigint() - beginning)),
        JSON.stringify(request.job),
      ],
      { result: { reference: true } },
    );
  // Promise jobs of the isolate are run at the end of each call into it.
  while (step.applySync(undefined, [], { result: { copy: true } }) === "more");
  finish();
}

function bootstrap({ inside, harness }: ChildRequest): string {
  return `
    const emit = $0, clock = $1, job = JSON.parse($2), evaluate = eval, toBigInt = BigInt;
    const start = ${inside};
    const host = {
      harness: ${harness},
      now: () => toBigInt(clock()),
      emit: (kind, text) => { emit(kind, text); },
      evaluate: (code) => evaluate(code),
    };
    return start(host, job);`;
}
