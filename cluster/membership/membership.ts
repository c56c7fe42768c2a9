/**
 * One node's membership in the cluster.
 *
 *     outside ──announced, by compare-and-set on its own key──▶ member ──lease lost──▶ outside ──▶ …
 *                                                                 └──leave──▶ left
 *
 * - A member announces itself again every third of its lease. Whoever could not for most of a lease, was frozen, or
 *   finds its key changed, has lost the lease: all who act by it are told before anything else is done, and the node
 *   joins anew, by itself, with a greater life.
 * - Others are watched, suspected by phi-accrual, and expelled when they were not heard of for a whole lease: by
 *   compare-and-set on what was last seen, so one observer wins, and nobody is expelled who has announced itself.
 * - A name belongs to who has it: a second node of that name is refused as long as the first announces itself.
 */
import {
  isFunction,
  MyriadError,
  type Cancel,
  type Clock,
  type Random,
} from "../../runtime/contracts/index.ts";
import { check, clusterError } from "../errors.ts";
import type { KeyValue, KeyValueEntry, KeyValueWatch } from "../nats/key-value.ts";
import { keyOf } from "../nats/subjects.ts";
import {
  decodeAnnouncement,
  encodeAnnouncement,
  isLoad,
  PROTOCOL,
  type Announcement,
  type MemberState,
} from "./announcement.ts";
import { callThrough, HeldLease, type Lease } from "./lease.ts";
import { memberRules, type MemberOptions, type MemberRules } from "./membership-options.ts";
import { Roster, type Member, type MemberEvent } from "./roster.ts";

export type MembershipEvent =
  | MemberEvent
  /** This node is a member, with a new life. */
  | { readonly kind: "lease-held"; readonly life: number }
  /** This node has to stop all that it does as a member. */
  | { readonly kind: "lease-lost"; readonly life: number };

/** The lease that is held, and what its renewals are written over. */
interface Held {
  readonly lease: HeldLease;
  revision: number;
  beat: number;
  /** When the announcements were sent whose fate is not known. */
  readonly sentAt: Map<number, number>;
}

const RENEWALS = 3;
const RETRIES = 10;
const JITTER = 0.1;

export class Membership {
  readonly node: string;
  readonly #bucket: KeyValue;
  readonly #rules: MemberRules;
  readonly #key: string;
  readonly #instance: string;
  readonly #startedAt: number;
  readonly #roster: Roster;
  readonly #hosts = new Set<string>();
  readonly #listeners = new Set<(event: MembershipEvent) => void>();
  readonly #leavers = new Set<() => Promise<void>>();
  #held: Held | null = null;
  #state: MemberState = "up";
  #load = 0;
  #watch: KeyValueWatch | null = null;
  #leaving: Promise<void> | null = null;
  #isRenewing = false;
  #isDue = false;
  #cancelRenewal: Cancel = () => undefined;
  #cancelLook: Cancel = () => undefined;

  private constructor(bucket: KeyValue, rules: MemberRules) {
    const { clock, random, node, leaseMs } = rules;
    this.node = node;
    this.#bucket = bucket;
    this.#rules = rules;
    this.#key = keyOf(node);
    this.#instance = [1, 2, 3, 4].map(() => random.below(2 ** 32).toString(36)).join("-");
    this.#startedAt = clock.now();
    this.#roster = new Roster(clock, leaseMs, {
      happened: (event) => this.#tell(event),
      expel: (key, revision) => this.#expel(key, revision),
    });
  }

  /** @throws (rejects) CLUSTER_OPTION_INVALID, NODE_NAME_TAKEN, KEY_VALUE_FAILED */
  static async join(bucket: KeyValue, options: MemberOptions): Promise<Membership> {
    const membership = new Membership(bucket, memberRules(options));
    try {
      membership.#watch = await bucket.watch((entry) => membership.#roster.seen(entry));
      await membership.#enter();
    } catch (error) {
      membership.#close();
      throw error;
    }
    membership.#lookAround();
    return membership;
  }

  /** Null: this node is outside just now, and on its way back unless it has left. */
  get lease(): Lease | null {
    return this.#held?.lease.isValid() === true ? this.#held.lease : null;
  }

  get clock(): Clock {
    return this.#rules.clock;
  }

  get random(): Random {
    return this.#rules.random;
  }

  get leaseMs(): number {
    return this.#rules.leaseMs;
  }

  get state(): MemberState {
    return this.#state;
  }

  /** All that announce themselves, this node too, in the order of their names. */
  get members(): readonly Member[] {
    return this.#roster.members.toSorted((one, other) => (one.node < other.node ? -1 : 1));
  }

  member(node: string): Member | null {
    return this.#roster.member(node);
  }

  /** Whether that life of a node is over for certain, its lease too. */
  isGone(node: string, life: number): boolean {
    return this.#roster.isGone(node, life);
  }

  onChange(listener: (event: MembershipEvent) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls before this node leaves, which waits for it. */
  onLeave(listener: () => Promise<void>): Cancel {
    check(isFunction(listener), "CLUSTER_OPTION_INVALID", "A listener is a function", listener);
    this.#leavers.add(listener);
    return () => void this.#leavers.delete(listener);
  }

  /** Announced with the next renewal. @throws CLUSTER_OPTION_INVALID */
  setLoad(load: number): void {
    check(isLoad(load), "CLUSTER_OPTION_INVALID", "A load is a number from 0", load);
    this.#load = load;
  }

  /** Announces at once that this node runs something that not all do. */
  host(name: string): Cancel {
    this.#hosts.add(name);
    this.#renewNow();
    return () => {
      if (this.#hosts.delete(name)) this.#renewNow();
    };
  }

  /** From now on it takes no new shards, and gives those that it has to others. */
  drain(): void {
    if (this.#state === "draining") return;
    this.#state = "draining";
    this.#renewNow();
  }

  /** Drains, waits for all who listen, and leaves for good. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.drain();
    await Promise.allSettled([...this.#leavers].map((listener) => listener()));
    const held = this.#held;
    // Others may take over as soon as the key is gone.
    held?.lease.lose();
    this.#close();
    if (held !== null) await this.#removeOwn().catch(() => undefined);
  }

  /** An announcement may be on its way still. */
  async #removeOwn(): Promise<void> {
    for (let attempt = 1; attempt <= RENEWALS; attempt++) {
      const entry = await this.#bucket.get(this.#key);
      const isOwn = entry?.value != null && decodeAnnouncement(entry.value)?.instance === this.#instance;
      if (!isOwn) return;
      try {
        await this.#bucket.remove(this.#key, entry.revision);
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  #close(): void {
    this.#cancelRenewal();
    this.#cancelLook();
    this.#watch?.close();
    this.#roster.close();
  }

  // ---- coming in -------------------------------------------------------------------------------------

  /** @throws NODE_NAME_TAKEN, KEY_VALUE_FAILED */
  async #enter(): Promise<void> {
    for (;;) {
      const entry = await this.#bucket.get(this.#key);
      if (entry !== null && entry.value !== null && (await this.#isTaken(entry, entry.value))) {
        const message = `Another node is called ${this.node}, and announces itself`;
        throw clusterError("NODE_NAME_TAKEN", message, { location: this.node });
      }
      const sentAt = this.#rules.clock.monotonic();
      try {
        const revision = await this.#bucket.put(this.#key, this.#announce(0, 0), entry?.revision ?? 0);
        this.#hold(revision, sentAt);
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  /** Whether another process announces itself under that name; waits for a whole lease of its to know. */
  async #isTaken(entry: KeyValueEntry, value: Uint8Array): Promise<boolean> {
    const found = decodeAnnouncement(value);
    if (found?.instance === this.#instance) return false;
    const { clock, leaseMs: ownMs } = this.#rules;
    const leaseMs = found?.leaseMs ?? ownMs;
    const receivedAt = clock.monotonic();
    while (clock.monotonic() - receivedAt < leaseMs) {
      await this.#wait(leaseMs / (2 * RENEWALS));
      const now = await this.#bucket.get(this.#key);
      if (now?.value == null) return false;
      if (now.revision !== entry.revision) return true;
    }
    return false;
  }

  #hold(revision: number, sentAt: number): void {
    const { clock, leaseMs } = this.#rules;
    const lease = new HeldLease(clock, revision, leaseMs, sentAt);
    const held: Held = { lease, revision, beat: 0, sentAt: new Map() };
    this.#held = held;
    lease.onLost(() => this.#lost(held));
    if (this.#held !== held) return;
    this.#tell({ kind: "lease-held", life: revision });
    this.#renewIn(leaseMs / RENEWALS);
  }

  #lost(held: Held): void {
    this.#held = null;
    this.#cancelRenewal();
    this.#tell({ kind: "lease-lost", life: held.lease.life });
    if (this.#leaving === null) void this.#comeBack();
  }

  /** Tries for ever: the servers may be away for long, and whoever has the name now may end. */
  async #comeBack(): Promise<void> {
    while (this.#leaving === null) {
      try {
        await this.#enter();
        return;
      } catch {
        await this.#wait(this.#rules.leaseMs / RETRIES);
      }
    }
  }

  // ---- staying ---------------------------------------------------------------------------------------

  #announce(life: number, beat: number): Uint8Array {
    const { roles, capacity, leaseMs, node } = this.#rules;
    const announcement: Announcement = {
      protocol: PROTOCOL,
      node,
      life,
      instance: this.#instance,
      beat,
      leaseMs,
      roles,
      hosts: [...this.#hosts],
      capacity,
      load: this.#load,
      state: this.#state,
      startedAt: this.#startedAt,
    };
    return encodeAnnouncement(announcement);
  }

  #renewIn(delayMs: number): void {
    this.#cancelRenewal();
    const jitter = 1 - JITTER * this.#rules.random.next();
    this.#cancelRenewal = this.#rules.clock.schedule(delayMs * jitter, () => void this.#renew());
  }

  #renewNow(): void {
    if (this.#held !== null) void this.#renew();
  }

  /** One at a time; what is to be told meanwhile is told by the next. */
  async #renew(): Promise<void> {
    const held = this.#held;
    this.#isDue = true;
    if (held === null || this.#isRenewing) return;
    this.#isRenewing = true;
    let delayMs = 0;
    while (this.#isDue && this.#held === held && held.lease.isValid()) {
      this.#isDue = false;
      delayMs = await this.#renewOnce(held);
    }
    this.#isRenewing = false;
    const now: Held | null = this.#held;
    if (now !== null) this.#renewIn(now === held ? delayMs : 0);
  }

  /** @returns when to renew next. */
  async #renewOnce(held: Held): Promise<number> {
    const { clock, leaseMs } = this.#rules;
    const sentAt = clock.monotonic();
    const beat = ++held.beat;
    held.sentAt.set(beat, sentAt);
    try {
      held.revision = await this.#bucket.put(this.#key, this.#announce(held.lease.life, beat), held.revision);
      held.lease.renewed(sentAt);
      held.sentAt.clear();
      return leaseMs / RENEWALS;
    } catch (error) {
      if (isConflict(error)) await this.#reconcile(held);
      return leaseMs / RETRIES;
    }
  }

  /** Its key is not as it left it: an announcement came through of which it did not learn, or it was expelled. */
  async #reconcile(held: Held): Promise<void> {
    const entry = await this.#bucket.get(this.#key).catch(() => undefined);
    if (entry === undefined) return;
    const found = entry?.value == null ? null : decodeAnnouncement(entry.value);
    const isOwn = found?.instance === this.#instance && found.life === held.lease.life;
    const sentAt = isOwn ? held.sentAt.get(found.beat) : undefined;
    if (sentAt === undefined || entry === null) held.lease.lose();
    else {
      held.revision = entry.revision;
      held.lease.renewed(sentAt);
    }
  }

  // ---- the others ------------------------------------------------------------------------------------

  #expel(key: string, revision: number): void {
    if (key === this.#key || this.#leaving !== null) return;
    this.#bucket.remove(key, revision).catch((error: unknown) => {
      if (isConflict(error)) this.#readAgain(key);
      else this.#rules.clock.schedule(this.#rules.leaseMs / RETRIES, () => this.#expel(key, revision));
    });
  }

  /** It was announced since; the watch will say so too, unless it has stalled. */
  #readAgain(key: string): void {
    this.#bucket.get(key).then(
      (entry) => {
        if (entry !== null && this.#leaving === null) this.#roster.seen(entry);
      },
      () => undefined,
    );
  }

  #lookAround(): void {
    const { clock, leaseMs } = this.#rules;
    this.#cancelLook = clock.schedule(leaseMs / RETRIES, () => {
      this.#roster.lookAround();
      this.#lookAround();
    });
  }

  #tell(event: MembershipEvent): void {
    for (const listener of [...this.#listeners]) callThrough(() => listener(event));
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#rules.clock.schedule(ms, resolve));
  }
}

export const isConflict = (thrown: unknown): boolean =>
  thrown instanceof MyriadError && thrown.code === "KEY_VALUE_CONFLICT";
