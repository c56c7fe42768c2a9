/** Two ends of a link in one thread, with the very rings and frames that real threads use. */
import type { BesideItem } from "../threads/frames.ts";
import type { BesidePort, LinkMemory } from "../threads/link.ts";
import { ringMemory } from "../threads/ring.ts";

export interface LoopbackEnd {
  readonly memory: LinkMemory;
  readonly port: BesidePort;
}

/** @param ringBytes small rings make congestion likely. */
export function loopback(a: number, b: number, ringBytes: number): readonly [LoopbackEnd, LoopbackEnd] {
  const [there, back] = [ringMemory(ringBytes, false), ringMemory(ringBytes, false)];
  const [toB, toA]: [BesideItem[], BesideItem[]] = [[], []];
  return [
    { memory: { peer: b, out: there, in: back }, port: portBetween(toB, toA) },
    { memory: { peer: a, out: back, in: there }, port: portBetween(toA, toB) },
  ];
}

function portBetween(out: BesideItem[], incoming: BesideItem[]): BesidePort {
  return {
    postMessage: (item, moved) => out.push(structuredClone(item, { transfer: [...moved] }) as BesideItem),
    receive: () => incoming.shift()!,
  };
}
