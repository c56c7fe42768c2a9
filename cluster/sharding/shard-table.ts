/**
 * Who owns which shard of one region, as one node sees it, and what this node does about it. There is no
 * coordinator: every node reckons by itself which shards it is to own, claims those, and gives up the others.
 *
 *     free, or its owner's life is over ──claimed, by compare-and-set──▶ owned ──drained, removed──▶ free
 *
 * Why two nodes never own a shard at the same time. A claim is a change of the shard's key over the very revision at
 * which its claimer saw it free, or owned by a life that is over for certain; of two such claims one succeeds. A life
 * is over for certain when its node's key in the bucket `members` was changed by somebody else after its last
 * announcement: that happens only a whole lease after an observer received it, and by then the owner's own count,
 * which began earlier and is a tenth shorter, has ended, so that it handles nothing more. An owner gives up a shard
 * by removing its key only once the shard's actors have stopped. What is left is an owner that is stopped by force in
 * the middle of handling a message and goes on with it later: what it then writes is refused, since the revision of
 * the newer claim is a greater fence, which the new owner's actors have raised before they handled anything.
 */
import { isWhole } from "../../runtime/contracts/index.ts";
import type { Cancel, Fence } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";
import { isName } from "../membership/announcement.ts";
import type { Lease } from "../membership/lease.ts";
import { isConflict, type Membership } from "../membership/membership.ts";
import type { KeyValue, KeyValueEntry, KeyValueWatch } from "../nats/key-value.ts";
import { keyOf } from "../nats/subjects.ts";
import { ownerOf, type Candidate } from "./allocation.ts";

/** A node in the life in which it owns a shard. */
export interface Owner {
  readonly node: string;
  readonly life: number;
  /** Of its claim. */
  readonly fence: Fence;
}

/** What this node owns it by. */
export interface Claim {
  readonly fence: Fence;
  readonly lease: Lease;
}

export interface TableRules {
  readonly region: string;
  readonly shards: number;
  /** Owners must have it; null: any will do. */
  readonly role: string | null;
}

export interface TableEvents {
  /** Another owner; null: nobody, or nobody who is known to live. */
  routed(shard: number, owner: Owner | null): void;
  owned(shard: number, claim: Claim): void;
  /** Its actors are to be drained; then call `released`. */
  release(shard: number): void;
  /** All shards of this node at once, and its actors may do nothing more. */
  lost(): void;
}

interface Entry {
  revision: number;
  /** Null: free. */
  owner: Owner | null;
  /** It holds something that no region has written. */
  isUnreadable: boolean;
  claim: Claim | null;
  isReleasing: boolean;
  isClaiming: boolean;
}

/** What `info` shows of a shard. */
export interface ShardInfo {
  readonly shard: number;
  readonly node: string | null;
  readonly life: number | null;
  readonly fence: number;
  /** `free` counts also those whose owner is no more. */
  readonly state: "free" | "owned" | "handing-over";
}

const AGAIN_MS = 200;

export class ShardTable {
  readonly #bucket: KeyValue;
  readonly #membership: Membership;
  readonly #rules: TableRules;
  readonly #events: TableEvents;
  readonly #entries: readonly Entry[];
  readonly #prefix: string;
  readonly #forget: Cancel[] = [];
  #unhost: Cancel = () => undefined;
  #watch: KeyValueWatch | null = null;
  #isClosing = false;
  #isClosed = false;
  #isEvaluating = false;
  #emptied: (() => void) | null = null;
  /** Shards that this node has got, and has given up or lost. */
  claimed = 0;
  given = 0;

  constructor(bucket: KeyValue, membership: Membership, rules: TableRules, events: TableEvents) {
    this.#bucket = bucket;
    this.#membership = membership;
    this.#rules = rules;
    this.#events = events;
    this.#prefix = `${keyOf(rules.region)}.`;
    this.#entries = Array.from({ length: rules.shards }, () => ({
      revision: 0,
      owner: null,
      isUnreadable: false,
      claim: null,
      isReleasing: false,
      isClaiming: false,
    }));
  }

  /** @throws (rejects) SHARDS_DIFFER, KEY_VALUE_FAILED */
  async open(): Promise<void> {
    await this.#agreeOnCount();
    this.#watch = await this.#bucket.watch((entry) => this.#seen(entry));
    this.#forget.push(
      this.#membership.onChange((event) => {
        if (event.kind === "lease-lost") this.#lost();
        else if ("member" in event && event.kind !== "changed") this.#routeAgain(event.member.node);
        this.#evaluateSoon();
      }),
    );
    this.#unhost = this.#membership.host(this.#rules.region);
    this.#evaluateSoon();
  }

  /** Gives up all shards, and resolves when none is left; goes on telling who owns what. */
  async giveAll(): Promise<void> {
    this.#isClosing = true;
    this.#unhost();
    this.#evaluateSoon();
    if (this.#isEmpty()) return;
    await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  close(): void {
    this.#isClosed = true;
    for (const forget of this.#forget) forget();
    this.#watch?.close();
  }

  info(): readonly ShardInfo[] {
    return this.#entries.map(({ owner, revision, claim, isReleasing }, shard) => {
      const isOwned = owner !== null && !this.#isOver(owner);
      const state = !isOwned ? "free" : isReleasing && claim !== null ? "handing-over" : "owned";
      return { shard, node: owner?.node ?? null, life: owner?.life ?? null, fence: revision, state };
    });
  }

  /** Says again all that holds, to a region that begins anew. */
  tellAll(): void {
    this.#entries.forEach(({ owner, claim, isReleasing }, shard) => {
      if (claim === null) this.#events.routed(shard, this.#livingOwner(owner));
      else this.#events.owned(shard, claim);
      if (claim !== null && isReleasing) this.#events.release(shard);
    });
  }

  /** The actors of that shard have stopped. */
  released(shard: number): void {
    const entry = this.#entries[shard]!;
    if (entry.claim === null || !entry.isReleasing) return;
    const { revision, claim } = entry;
    this.#bucket.remove(this.#keyOf(shard), revision).then(
      // The watch may have been quicker, and the shard be claimed anew.
      (now) => this.#changed(shard, now, null, false),
      (error: unknown) => {
        if (entry.claim !== claim) return;
        if (isConflict(error)) this.#readAgain(shard);
        else this.#membership.clock.schedule(AGAIN_MS, () => this.released(shard));
      },
    );
  }

  // ---- what is seen ----------------------------------------------------------------------------------

  #seen({ key, value, revision }: KeyValueEntry): void {
    if (!key.startsWith(this.#prefix)) return;
    const shard = Number(key.slice(this.#prefix.length));
    if (!isWhole(shard, 0) || shard >= this.#rules.shards || this.#keyOf(shard) !== key) return;
    const owner = value === null ? null : decodeOwner(value, revision);
    this.#changed(shard, revision, owner, value !== null && owner === null);
  }

  #changed(shard: number, revision: number, owner: Owner | null, isUnreadable: boolean): void {
    const entry = this.#entries[shard]!;
    if (revision <= entry.revision || this.#isClosed) return;
    entry.revision = revision;
    entry.owner = owner;
    entry.isUnreadable = isUnreadable;
    // Somebody else changed what was ours: only once our life was over could it.
    if (entry.claim !== null) this.#giveUp(entry);
    const lease = this.#membership.lease;
    if (lease !== null && owner !== null && this.#isOurs(owner, lease)) {
      entry.claim = { fence: revision as Fence, lease };
      this.claimed += 1;
      this.#events.owned(shard, entry.claim);
    } else this.#events.routed(shard, this.#livingOwner(owner));
    this.#evaluateSoon();
  }

  #isOurs({ node, life }: Owner, lease: Lease): boolean {
    return node === this.#membership.node && life === lease.life;
  }

  #giveUp(entry: Entry): void {
    entry.claim = null;
    entry.isReleasing = false;
    this.given += 1;
    if (this.#isEmpty()) this.#emptied?.();
  }

  /** What is being claimed may be got. */
  #isEmpty(): boolean {
    return this.#entries.every(({ claim, isClaiming }) => claim === null && !isClaiming);
  }

  #lost(): void {
    for (const entry of this.#entries) if (entry.claim !== null) this.#giveUp(entry);
    this.#events.lost();
  }

  /** What is sent to one that may be dead is better kept a while. */
  #livingOwner(owner: Owner | null): Owner | null {
    if (owner === null || this.#isOver(owner)) return null;
    return this.#membership.member(owner.node)?.isSuspected === true ? null : owner;
  }

  #routeAgain(node: string): void {
    this.#entries.forEach(({ owner, claim }, shard) => {
      if (claim === null && owner?.node === node) this.#events.routed(shard, this.#livingOwner(owner));
    });
  }

  /** Whether its life is over for certain. */
  #isOver({ node, life }: Owner): boolean {
    // Of its own lives a node knows best: it is in one at a time.
    if (node === this.#membership.node) return life !== this.#membership.lease?.life;
    return this.#membership.isGone(node, life);
  }

  // ---- what is done ----------------------------------------------------------------------------------

  #evaluateSoon(): void {
    if (this.#isEvaluating || this.#isClosed) return;
    this.#isEvaluating = true;
    queueMicrotask(() => {
      this.#isEvaluating = false;
      if (!this.#isClosed) this.#evaluate();
    });
  }

  #evaluate(): void {
    const { node, lease } = this.#membership;
    if (lease === null) return;
    const candidates = this.#candidates();
    this.#entries.forEach((entry, shard) => {
      const isChosen = ownerOf(this.#rules.region, shard, candidates) === node;
      if (entry.claim !== null) {
        if (!isChosen && !entry.isReleasing) this.#release(shard, entry);
      } else if (isChosen && !entry.isClaiming && this.#isFree(entry)) void this.#claim(shard, entry, lease);
    });
  }

  #candidates(): readonly Candidate[] {
    const { region, role } = this.#rules;
    const { members, node, state } = this.#membership;
    const isOut = this.#isClosing || state !== "up";
    return members.filter(
      (member) =>
        member.state === "up" &&
        member.hosts.includes(region) &&
        (role === null || member.roles.includes(role)) &&
        !(isOut && member.node === node),
    );
  }

  #isFree({ owner, isUnreadable }: Entry): boolean {
    return owner === null ? !isUnreadable : this.#isOver(owner);
  }

  #release(shard: number, entry: Entry): void {
    entry.isReleasing = true;
    this.#events.release(shard);
  }

  async #claim(shard: number, entry: Entry, lease: Lease): Promise<void> {
    entry.isClaiming = true;
    const owner = { node: this.#membership.node, life: lease.life };
    const value = new TextEncoder().encode(JSON.stringify(owner));
    try {
      const revision = await this.#bucket.put(this.#keyOf(shard), value, entry.revision);
      this.#changed(shard, revision, { ...owner, fence: revision as Fence }, false);
    } catch (error) {
      // Whether it came through or not, or who was quicker, the watch will tell; this tells too if that has stalled.
      if (isConflict(error)) this.#readAgain(shard);
      else this.#membership.clock.schedule(AGAIN_MS, () => this.#evaluateSoon());
    } finally {
      entry.isClaiming = false;
      if (this.#isEmpty()) this.#emptied?.();
    }
  }

  #readAgain(shard: number): void {
    this.#bucket.get(this.#keyOf(shard)).then(
      (entry) => {
        if (entry !== null) this.#seen(entry);
      },
      () => void this.#membership.clock.schedule(AGAIN_MS, () => this.#readAgain(shard)),
    );
  }

  // ---- keys ------------------------------------------------------------------------------------------

  #keyOf(shard: number): string {
    return `${this.#prefix}${shard}`;
  }

  async #agreeOnCount(): Promise<void> {
    const { region, shards } = this.#rules;
    const key = `${this.#prefix}shards`;
    const own = new TextEncoder().encode(String(shards));
    const found = await this.#bucket.get(key);
    if (found === null) {
      await this.#bucket.put(key, own, 0).catch((error: unknown) => {
        if (!isConflict(error)) throw error;
        return this.#agreeOnCount();
      });
      return;
    }
    const before = new TextDecoder().decode(found.value ?? own);
    if (before === String(shards)) return;
    throw clusterError("SHARDS_DIFFER", `The region ${region} has ${before} shards, not ${shards}`, {
      location: region,
    });
  }
}

const MOST_BYTES = 4_096;

function decodeOwner(bytes: Uint8Array, revision: number): Owner | null {
  if (bytes.length > MOST_BYTES) return null;
  try {
    const given = JSON.parse(new TextDecoder().decode(bytes)) as Owner | null;
    if (given === null || !isName(given.node) || !isWhole(given.life, 1)) return null;
    return { node: given.node, life: given.life, fence: revision as Fence };
  } catch {
    return null;
  }
}
