/** What a node says of itself under its key in the bucket `members`, again and again. */
import { isBetween, isText, isWhole } from "../../runtime/contracts/index.ts";

/** Of these announcements: a node with another one is not understood, and stays out. */
export const PROTOCOL = 1;

/** `draining`: takes no new shards, and gives those that it has to others. */
export type MemberState = "up" | "draining";

export interface Announcement {
  readonly protocol: number;
  readonly node: string;
  /** The revision of this life's first announcement, in which it stands as 0. */
  readonly life: number;
  /** Of the process that the node runs in. */
  readonly instance: string;
  /** Counts the announcements of this life. */
  readonly beat: number;
  readonly leaseMs: number;
  readonly roles: readonly string[];
  /** What can be asked of every node that says so: the sharded types that it runs. */
  readonly hosts: readonly string[];
  readonly capacity: number;
  readonly load: number;
  readonly state: MemberState;
  /** Milliseconds since the epoch by the node's own clock; for people to read. */
  readonly startedAt: number;
}

export const LEAST_LEASE_MS = 100;
export const MOST_LEASE_MS = 600_000;
const STATES: readonly MemberState[] = ["up", "draining"];
const MOST_NAMES = 256;
const MOST_NAME_LENGTH = 200;
const MOST_BYTES = 65_536;

export function encodeAnnouncement(announcement: Announcement): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(announcement));
}

/** @returns null: it is none, or of another protocol */
export function decodeAnnouncement(bytes: Uint8Array): Announcement | null {
  if (bytes.length > MOST_BYTES) return null;
  try {
    const given = JSON.parse(new TextDecoder().decode(bytes)) as Announcement | null;
    if (given?.protocol !== PROTOCOL || !isAnnouncement(given)) return null;
    const { node, life, instance, beat, leaseMs, roles, hosts, capacity, load, state, startedAt } = given;
    const numbers = { life, beat, leaseMs, capacity, load, startedAt };
    return { protocol: PROTOCOL, node, instance, roles: [...roles], hosts: [...hosts], state, ...numbers };
  } catch {
    return null;
  }
}

export const isName = (given: unknown): given is string =>
  isText(given) && given.length > 0 && given.length <= MOST_NAME_LENGTH;

export const areNames = (given: unknown): given is readonly string[] =>
  Array.isArray(given) && given.length <= MOST_NAMES && given.every(isName);

function isAnnouncement(given: Announcement): boolean {
  const { node, life, instance, beat, leaseMs, roles, hosts, capacity, load, state, startedAt } = given;
  const areTexts = isName(node) && isName(instance) && areNames(roles) && areNames(hosts);
  const areCounts = isWhole(life, 0) && isWhole(beat, 0) && isBetween(leaseMs, LEAST_LEASE_MS, MOST_LEASE_MS);
  const areMeasures = isCapacity(capacity) && isLoad(load) && Number.isFinite(startedAt);
  return areTexts && areCounts && areMeasures && STATES.includes(state);
}

export const isCapacity = (given: unknown): given is number => isBetween(given, 0, 1e9) && given > 0;
export const isLoad = (given: unknown): given is number => isBetween(given, 0, 1e9);
