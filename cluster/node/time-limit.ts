import type { Clock } from "../../runtime/contracts/index.ts";

/** How something went that was given some time: `late` means that it may still be under way. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "late" }
  | { readonly kind: "failed"; readonly error: unknown };

/** Runs it, and waits for it so long. Never rejects. */
export async function within(clock: Clock, ms: number, action: () => unknown): Promise<Outcome> {
  return await new Promise((resolve) => {
    const cancel = clock.schedule(ms, () => resolve({ kind: "late" }));
    const work = async (): Promise<unknown> => await action();
    void work()
      .then(
        () => resolve({ kind: "done" }),
        (error: unknown) => resolve({ kind: "failed", error }),
      )
      .finally(cancel);
  });
}
