/** The scenarios of Savina, each in fresh processes, each result checked; nothing is required of their speed. */
import { extname, join } from "node:path";
import { plainRow, type BenchRow } from "../bench-row.ts";
import type { BenchOptions } from "../question.ts";
import { figureOf, provedResult, runChild } from "../runtime/child-process.ts";
import { medianOf, spreadText } from "../spread.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const ROUNDS = 5;
const QUICK_ROUNDS = 2;

export async function answerSavina(options: BenchOptions): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const scenario of SCENARIOS) {
    rows.push(await measure(scenario, options));
    options.progress(`${scenario.name}, ${rows.length} of ${SCENARIOS.length}`);
  }
  return rows;
}

async function measure(scenario: Scenario, { quick, seed, signal }: BenchOptions): Promise<BenchRow> {
  const { name, unit, operations, expected } = scenario;
  const size = quick ? scenario.quickSize : scenario.size;
  const child = join(import.meta.dirname, `child${extname(import.meta.filename)}`);
  const rates: number[] = [];
  for (let round = 0; round < (quick ? QUICK_ROUNDS : ROUNDS); round++) {
    const command = { file: process.execPath, args: [child, name, String(size), String(seed)] };
    const wanted = { done: operations(size), check: expected(size) };
    const measured = provedResult(await runChild(command, signal), name, wanted);
    rates.push(figureOf(measured, "rate")!);
  }
  const note = `size ${size}, ${rates.length} processes: ${spreadText(rates)}`;
  return plainRow({ name, unit: `${unit}/s`, value: medianOf(rates), note });
}
