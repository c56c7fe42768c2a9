/** An app whose module starts its program wherever it is imported, workers included. */
import { createSystem, defineApp, type App } from "../../runtime/index.ts";
import { counter } from "./thread-app.ts";

export const app: App = defineApp({ actors: [counter], module: import.meta.url });
createSystem({ app, threads: 1 });
