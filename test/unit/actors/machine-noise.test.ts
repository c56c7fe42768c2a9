import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  machineLabel,
  machineNoiseNow,
  MachineWatch,
  worseLabel,
} from "../../../actors/evidence/machine-noise.ts";
import type { MachineReading } from "../../../actors/evidence/machine-noise.ts";

describe("the machine's label", () => {
  const label = (variation: number, waiting: number | null = 0, steal: number | null = 0) =>
    machineLabel({ variation, waiting, steal });

  it("is the worst that any of its figures says", () => {
    assert.deepEqual(
      [label(0.01), label(0.05), label(0.299), label(0.3)],
      ["quiet", "noisy", "noisy", "unusable"],
    );
    assert.deepEqual([label(0, 0.049), label(0, 0.05), label(0, 0.99)], ["quiet", "noisy", "noisy"]);
    assert.deepEqual(
      [label(0, 0, 0.019), label(0, 0, 0.02), label(0, 0, 0.2)],
      ["quiet", "noisy", "unusable"],
    );
  });

  it("goes by the loop's times where the system tells no more", () => {
    assert.deepEqual([label(0.01, null, null), label(0.4, null, null)], ["quiet", "unusable"]);
  });

  it("of two is the worse", () => {
    assert.equal(worseLabel("quiet", "noisy"), "noisy");
    assert.equal(worseLabel("unusable", "noisy"), "unusable");
  });
});

describe("a watch of the machine", () => {
  it("tells the loop's time and what stood in its way", () => {
    const noise = machineNoiseNow();
    assert.equal(noise.probes, 20);
    assert.ok(noise.loopNs > 1000 && noise.variation >= 0);
    for (const share of [noise.waiting, noise.steal]) assert.ok(share === null || (share >= 0 && share <= 1));
    assert.equal(noise.waiting === null, process.platform !== "linux");
    assert.equal(noise.label, machineLabel(noise));
  });

  it("that never looked has nothing to say", () => {
    assert.equal(new MachineWatch().noise(), null);
  });

  it("reads what it saw since it was read, and one that begins with the readings knows it all", () => {
    const watch = new MachineWatch();
    for (const probes of [2, 0, 3]) {
      for (let probe = 0; probe < probes; probe++) watch.probe();
      assert.equal(watch.read().loopNs.length, probes);
    }
    assert.equal(watch.noise()!.probes, 5);
    const readings = [100, 100, 160].map((loopNs, index): MachineReading => {
      return { loopNs: [loopNs], runMs: 3, waitMs: index, processors: { ticks: 10, stolen: 100 * index } };
    });
    const noise = new MachineWatch(readings).noise()!;
    assert.deepEqual([noise.probes, noise.loopNs, noise.waiting], [3, 100, 3 / 12]);
    // Its own processors' time, since it began, is with it.
    assert.ok(process.platform !== "linux" || noise.steal! > 0.2);
    assert.equal(noise.label, machineLabel(noise));
    const silent = readings.map((reading) => ({ ...reading, runMs: 0, waitMs: 0 }));
    assert.equal(new MachineWatch(silent).noise()!.waiting, null);
  });
});
