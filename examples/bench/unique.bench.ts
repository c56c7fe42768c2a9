/** Three ways to leave out what comes twice: `myriad bench examples/bench/unique.bench.ts`. */
import { Bench } from "myriad-runtime/bench";

const values: readonly number[] = Array.from({ length: 300 }, (_, index) => (index * 7919) % 200);

const bench = new Bench({ name: "unique" });

bench
  .add("includes", () => {
    const seen: number[] = [];
    for (const value of values) if (!seen.includes(value)) seen.push(value);
    return seen;
  })
  .add("filter", () => values.filter((value, at) => values.indexOf(value) === at))
  .add("set", () => [...new Set(values)]);

await bench.run();
console.table(bench.table());
