/** The first signal to stop aborts; the second one calls. */
export function onSignal(
  early: AbortSignal,
  again: () => void,
): { readonly signal: AbortSignal; listenNoMore(): void } {
  const controller = new AbortController();
  if (early.aborted) controller.abort();
  const interrupt = (): void => (controller.signal.aborted ? again() : controller.abort());
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return {
    signal: controller.signal,
    listenNoMore: () => void process.off("SIGINT", interrupt).off("SIGTERM", interrupt),
  };
}
