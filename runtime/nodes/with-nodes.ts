/** Gives the main thread's part of a system its other nodes. */
import type { App } from "../app.ts";
import type { LocalSystem } from "../system.ts";
import { LayoutTable } from "../threads/layout-table.ts";
import { Mesh } from "../threads/mesh.ts";
import { Seats } from "../threads/seats.ts";
import type { NodeRules } from "./node-options.ts";
import { Nodes } from "./nodes.ts";

/** @throws TRANSPORT_FAILED */
export function withNodes(system: LocalSystem, rules: NodeRules, app: App): void {
  const mesh = system.others?.mesh ?? joinAlone(system, app);
  mesh.nodes = new Nodes(mesh, rules, app);
}

/** A system of one thread, which has frames for other nodes alone. */
function joinAlone(system: LocalSystem, app: App): Mesh {
  const mesh = new Mesh(system, {
    thread: 0,
    lobby: null,
    layouts: new LayoutTable(app),
    ring: () => undefined,
    insteadOf: () => 0,
  });
  system.join({ mesh, seats: new Seats([0]), crew: null });
  return mesh;
}
