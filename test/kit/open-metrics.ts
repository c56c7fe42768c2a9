/**
 * OpenMetrics 1.0 text read by its ABNF, with the rules beside it: families are not mixed, metadata stands once and
 * before the samples, a unit is the end of the name, no series comes twice, and `# EOF` ends it.
 */
import assert from "node:assert/strict";

export interface MetricFamily {
  readonly type: string;
  readonly unit: string | null;
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestamp: number | null;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const SUFFIXES: Readonly<Record<string, string>> = { gauge: "", info: "_info" };

export function parseOpenMetrics(text: string): ReadonlyMap<string, MetricFamily> {
  assert.ok(text.endsWith("# EOF\n"), "the end is marked");
  const families = new Map<string, { type: string; unit: string | null; samples: MetricSample[] }>();
  const series = new Set<string>();
  let current = "";
  for (const line of text.slice(0, -"# EOF\n".length).split("\n").slice(0, -1)) {
    const metadata = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line);
    if (metadata !== null) {
      const [, kind, name, rest] = metadata;
      assert.match(name!, NAME);
      if (kind === "TYPE") {
        assert.ok(!families.has(name!), `${name} has its metadata in one place`);
        assert.ok(rest! in SUFFIXES, `the type ${rest}`);
        families.set((current = name!), { type: rest!, unit: null, samples: [] });
      }
      assert.equal(name, current);
      assert.equal(families.get(current)!.samples.length, 0, "metadata stands before the samples");
      if (kind === "UNIT") {
        assert.ok(name.endsWith(`_${rest}`), `${name} ends in its unit ${rest}`);
        families.get(current)!.unit = rest!;
      }
      continue;
    }
    const sample = sampleOf(line);
    const family = families.get(current)!;
    assert.equal(sample.name, current + SUFFIXES[family.type]!);
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()]);
    assert.ok(!series.has(key), `${line} is there twice`);
    series.add(key);
    family.samples.push(sample);
  }
  return families;
}

function sampleOf(line: string): MetricSample {
  const match = /^([^{ ]+)\{((?:[^"}]|"(?:[^"\\]|\\[\\"n])*")*)\} (\S+)(?: (\S+))?$/s.exec(line);
  assert.ok(match, line);
  const [, name, inner, value, timestamp] = match;
  assert.match(name!, NAME);
  assert.match(value!, NUMBER);
  if (timestamp !== undefined) assert.match(timestamp, NUMBER);
  const labels = [...inner!.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/g)];
  assert.equal(labels.map(([all]) => all).join(""), inner);
  return {
    name: name!,
    labels: Object.fromEntries(labels.map(([, label, text]) => [label!, unescaped(text!)])),
    value: Number(value),
    timestamp: timestamp === undefined ? null : Number(timestamp),
  };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
}
