import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";

import {
  canBeAsked,
  mayBeAlive,
  ownLife,
  ownThread,
  parseLife,
  threadMayBeAlive,
  whereabouts,
} from "../../../storage/process-life.ts";

/** Whether the kernel tells when a process was born. */
const tells = existsSync("/proc/self/stat");

describe("the life of a process", () => {
  it("goes on in its own eyes, and in its parent's", () => {
    assert.ok(mayBeAlive(ownLife()));
    assert.ok(mayBeAlive({ ...ownLife(), pid: process.ppid, birth: null }));
    assert.equal(ownLife().birth !== null, tells);
  });

  it("is over when its pid is nobody's", () => {
    assert.ok(!mayBeAlive({ ...ownLife(), pid: 999_999_999 }));
  });

  it(
    "is over when its pid is another's by now, also after the machine was started again",
    { skip: !tells },
    () => {
      const [ticks, boot] = ownLife().birth!.split("@");
      for (const birth of [`1@${boot}`, `${ticks}@another-boot`]) {
        assert.ok(!mayBeAlive({ ...ownLife(), birth }));
        assert.ok(!mayBeAlive({ ...ownLife(), pid: process.ppid, birth }));
      }
    },
  );

  it("may go on where it cannot be asked: without a birth, and on another host", () => {
    assert.ok(mayBeAlive({ ...ownLife(), birth: null }));
    assert.ok(mayBeAlive({ ...ownLife(), host: "elsewhere", pid: 999_999_999 }));
  });

  it("may go on where its pid means another process, or none: in other namespaces", () => {
    for (const namespaces of ["pid:[1] time:[1]", tells ? null : ""]) {
      const life = { ...ownLife(), pid: 999_999_999, birth: "1@another-boot", namespaces };
      assert.ok(mayBeAlive(life) && !canBeAsked(life));
      assert.match(whereabouts(life), /another pid or time namespace/);
    }
    assert.ok(canBeAsked(ownLife()));
    assert.equal(whereabouts(ownLife()), "");
    assert.equal(whereabouts({ ...ownLife(), host: "elsewhere" }), " on elsewhere");
  });

  it("is asked by its pid when a version before, which knew of no namespaces, has recorded it", () => {
    const { pid, host, birth } = ownLife();
    assert.ok(mayBeAlive({ pid, host, birth }));
    assert.ok(!mayBeAlive({ pid: 999_999_999, host, birth }));
  });

  it("comes back from a record, also from one that tells no birth and no namespaces", () => {
    const life = ownLife();
    assert.deepEqual(parseLife(JSON.parse(JSON.stringify({ ...life, more: 1 }))), life);
    assert.deepEqual(parseLife({ pid: 1, host: "h" }), { pid: 1, host: "h", birth: null });
    const odd = { pid: 1, host: "h", birth: null, namespaces: 7 };
    assert.deepEqual(parseLife(odd), { ...odd, namespaces: null });
  });

  it("is not read from anything else", () => {
    const life = ownLife();
    const others: unknown[] = [null, undefined, 1, "", {}, [], { ...life, host: 1 }, { ...life, birth: 1 }];
    for (const pid of [0, -1, 1.5, NaN, "1", null]) others.push({ ...life, pid });
    for (const other of others) assert.equal(parseLife(other), null);
  });
});

describe("the life of a thread", () => {
  it("goes on in its own eyes, and where the kernel does not tell", () => {
    assert.ok(threadMayBeAlive(ownThread()));
    assert.ok(threadMayBeAlive(null));
    assert.equal(ownThread() !== null, tells);
  });

  it("is over when the process has no such thread", { skip: !tells }, () => {
    assert.ok(!threadMayBeAlive(999_999_999));
  });
});
