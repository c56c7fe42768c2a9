/** An app of systems that are looked into. */
import { defineApp, observer, type App } from "../../runtime/index.ts";
import { counter, parent } from "./thread-app.ts";

export const app: App = defineApp({ actors: [counter, parent, observer], module: import.meta.url });
