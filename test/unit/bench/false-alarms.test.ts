import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { falseAlarmRows } from "../../../bench/false-alarms.ts";
import { sessions } from "./compared.ts";

const boundOf = (rows: ReturnType<typeof falseAlarmRows>): ReturnType<typeof falseAlarmRows>[number] =>
  rows.find(({ target }) => target !== null)!;

describe("false alarms", () => {
  it("counts regressed and improved alike, and nothing else", () => {
    const rows = falseAlarmRows(sessions({ regressed: 1, improved: 2, inconclusive: 3, non_inferior: 14 }));
    assert.equal(rows[0]!.value, 3 / 20);
    assert.equal(rows[0]!.note, "regressed 1, improved 2, non_inferior 14, inconclusive 3");
  });

  it("misses its target only when the share is shown to exceed 5 %", () => {
    // Of 100, nine give a lower bound of 4.8 % and ten one of 5.5 % (the beta distribution's 5 % quantile).
    const nine = boundOf(falseAlarmRows(sessions({ regressed: 5, improved: 4, non_inferior: 91 })));
    const ten = boundOf(falseAlarmRows(sessions({ regressed: 5, improved: 5, non_inferior: 90 })));
    assert.equal(nine.met, true);
    assert.equal(ten.met, false);
    assert.ok(Math.abs(nine.value - 0.0478) < 1e-3, String(nine.value));
    assert.ok(Math.abs(ten.value - 0.0553) < 1e-3, String(ten.value));
  });

  it("says what was measured and at which settings", () => {
    const { note } = boundOf(falseAlarmRows(sessions({ non_inferior: 3 })));
    assert.match(
      note!,
      /text-report\.ts#textReport, 12 inputs .+ 120 .+ µs; 20 forks × 500 a version, tolerance 0\.02/,
    );
  });
});
