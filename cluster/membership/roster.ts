/**
 * The members as one observer sees them.
 *
 * A life is over for certain when its key was seen removed, or taken over by a later life: both are changes of the
 * bucket after the last that it could make. That it was not heard of is never enough. Who was not heard of for a
 * whole lease, counted by the observer's own monotonic clock from when it RECEIVED the last announcement, is
 * expelled: its key is removed, if it is still at the revision that was seen.
 */
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";
import type { KeyValueEntry } from "../nats/key-value.ts";
import { keyOf } from "../nats/subjects.ts";
import { decodeAnnouncement, type Announcement } from "./announcement.ts";
import { PhiAccrual } from "./phi-accrual.ts";

/** A node in one of its lives. */
export interface Member extends Omit<Announcement, "protocol" | "beat" | "instance"> {
  /** It was not heard of for longer than is usual. */
  readonly isSuspected: boolean;
}

export type MemberEvent =
  | { readonly kind: "joined" | "changed" | "suspected" | "trusted"; readonly member: Member }
  /** It left, or was expelled. */
  | { readonly kind: "gone"; readonly member: Member };

export interface RosterEvents {
  happened(event: MemberEvent): void;
  /** Not heard of for a whole lease. @param revision 0: nothing is known of that key */
  expel(key: string, revision: number): void;
}

interface Living {
  member: Member;
  readonly detector: PhiAccrual;
}

interface Seen {
  readonly revision: number;
  /** Null: its key was removed. What cannot be read is of a node that may well live. */
  readonly what: Living | "unreadable" | null;
  readonly cancel: Cancel;
}

/** Phi from which on a member is suspected: wrong once in a hundred million. */
const SUSPICIOUS = 8;
const SILENT: Cancel = () => undefined;

export class Roster {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #events: RosterEvents;
  readonly #seen = new Map<string, Seen>();
  /** Owners of whom nothing was ever seen, and since when. */
  readonly #unknown = new Map<string, Cancel>();
  /** Announcements that could not be read. */
  unreadable = 0;

  /** @param leaseMs after which one of whom nothing was seen is expelled */
  constructor(clock: Clock, leaseMs: number, events: RosterEvents) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.#events = events;
  }

  get members(): readonly Member[] {
    return this.#living().map(({ member }) => member);
  }

  member(node: string): Member | null {
    return livingOf(this.#seen.get(keyOf(node)))?.member ?? null;
  }

  /** Whether that life of a node is over for certain. */
  isGone(node: string, life: number): boolean {
    const key = keyOf(node);
    const seen = this.#seen.get(key);
    if (seen === undefined) {
      this.#awaitNews(key);
      return false;
    }
    const living = livingOf(seen);
    return living === null ? seen.what === null && seen.revision > life : living.member.life > life;
  }

  seen({ key, value, revision }: KeyValueEntry): void {
    const before = this.#seen.get(key);
    if (before !== undefined && before.revision >= revision) return;
    before?.cancel();
    this.#unknown.get(key)?.();
    this.#unknown.delete(key);
    const announcement = value === null ? null : decodeAnnouncement(value);
    if (announcement !== null && keyOf(announcement.node) === key) {
      this.#announced(key, memberOf(announcement, revision), revision, livingOf(before));
      return;
    }
    if (value !== null) this.unreadable += 1;
    this.#seen.set(key, { revision, what: value === null ? null : "unreadable", cancel: SILENT });
    this.#ended(livingOf(before));
  }

  /** Looks who is late. */
  lookAround(): void {
    const now = this.#clock.monotonic();
    for (const living of this.#living()) {
      const { member, detector } = living;
      const isSuspected = detector.phi(now) >= SUSPICIOUS;
      if (member.isSuspected === isSuspected) continue;
      living.member = { ...member, isSuspected };
      this.#events.happened({ kind: isSuspected ? "suspected" : "trusted", member: living.member });
    }
  }

  close(): void {
    for (const { cancel } of this.#seen.values()) cancel();
    for (const cancel of this.#unknown.values()) cancel();
  }

  #announced(key: string, member: Member, revision: number, before: Living | null): void {
    const { leaseMs, life } = member;
    const now = this.#clock.monotonic();
    const same = before?.member.life === life ? before : null;
    const detector = same?.detector ?? new PhiAccrual(now, leaseMs / 3, leaseMs / 20);
    if (same !== null) detector.heartbeat(now);
    const cancel = this.#clock.schedule(leaseMs, () => this.#events.expel(key, revision));
    this.#seen.set(key, { revision, what: { member, detector }, cancel });
    if (same === null) {
      this.#ended(before);
      this.#events.happened({ kind: "joined", member });
      return;
    }
    if (same.member.isSuspected) this.#events.happened({ kind: "trusted", member });
    if (!isAlike(same.member, member)) this.#events.happened({ kind: "changed", member });
  }

  #ended(living: Living | null): void {
    if (living !== null) this.#events.happened({ kind: "gone", member: living.member });
  }

  #living(): readonly Living[] {
    return [...this.#seen.values()].flatMap((seen) => livingOf(seen) ?? []);
  }

  /** A shard says that a node owns it, of which no key tells: it is to show itself within a lease. */
  #awaitNews(key: string): void {
    if (this.#unknown.has(key)) return;
    this.#unknown.set(
      key,
      this.#clock.schedule(this.#leaseMs, () => {
        this.#unknown.delete(key);
        this.#events.expel(key, 0);
      }),
    );
  }
}

function livingOf(seen: Seen | undefined): Living | null {
  const what = seen?.what ?? null;
  return what === "unreadable" ? null : what;
}

function memberOf(announcement: Announcement, revision: number): Member {
  const { node, life, leaseMs, roles, hosts, capacity, load, state, startedAt } = announcement;
  const facts = { node, leaseMs, roles, hosts, capacity, load, state, startedAt };
  return { ...facts, life: life === 0 ? revision : life, isSuspected: false };
}

function isAlike(one: Member, other: Member): boolean {
  const facts = ({ roles, hosts, capacity, state, leaseMs }: Member): string =>
    JSON.stringify([roles, hosts, capacity, state, leaseMs]);
  return facts(one) === facts(other);
}
