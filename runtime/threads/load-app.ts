import { isApp, type App } from "../app.ts";
import { runtimeError } from "../errors.ts";

/** Whether this thread is a worker of a system, and imports its app just now. */
export let isLoadingApp = false;

/**
 * The app that a module exports, as `app` or by default.
 * @throws THREADS_INVALID
 */
export async function loadApp(module: string): Promise<App> {
  isLoadingApp = true;
  const exported = (await import(module)) as { readonly app?: unknown; readonly default?: unknown };
  isLoadingApp = false;
  const app = exported.app ?? exported.default;
  if (isApp(app)) return app;
  throw runtimeError("THREADS_INVALID", `${module} exports no app, neither as "app" nor by default`, {
    location: module,
  });
}
