import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NO_STREAM, seededRandom } from "../../../../runtime/contracts/index.ts";
import { faultyJournal } from "../../../../runtime/testkit/index.ts";
import { openMemoryJournal } from "../../../../storage/index.ts";

const random = seededRandom(1);

describe("a journal with disk faults", () => {
  it("refuses chances that are none, and a fault that is misspelt", () => {
    const journal = openMemoryJournal();
    for (const faults of [
      null,
      { refuse: 2 },
      { unreadable: -1 },
      { refuse: NaN },
      { refuse: "1" },
      { refuze: 1 },
    ]) {
      assert.throws(() => faultyJournal(journal, faults as never, random), { code: "FAULTS_INVALID" });
    }
  });

  it("needs a journal to spoil, and chance to do it by", () => {
    const code = "ARGUMENT_INVALID";
    assert.throws(() => faultyJournal({} as never, {}, random), { code });
    assert.throws(() => faultyJournal(openMemoryJournal(), {}, undefined as never), { code });
  });

  it("is the other journal where nothing goes wrong, and refuses all where everything does", async () => {
    const sound = faultyJournal(openMemoryJournal(), {}, random);
    const revision = await sound.append("a", NO_STREAM, [1]);
    assert.equal(await sound.revision("a"), revision);
    const broken = faultyJournal(openMemoryJournal(), { refuse: 1 }, random);
    await assert.rejects(broken.append("a", NO_STREAM, [1]), { code: "JOURNAL_WRITE_FAILED" });
    assert.equal(await broken.revision("a"), NO_STREAM);
  });
});
