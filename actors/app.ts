/** The app module: every actor type there is. Each thread and node imports this one. */
import { defineApp, observer } from "../runtime/index.ts";
import type { App } from "../runtime/index.ts";
import { agentActor } from "./agent/agent-actor.ts";
import { evidenceActor } from "./evidence/evidence-store.ts";
import { workflowActor } from "./workflow/workflow.ts";

export const app: App = defineApp({ actors: [agentActor, evidenceActor, workflowActor, observer] });
