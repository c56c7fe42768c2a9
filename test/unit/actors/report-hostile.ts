/** Text from untrusted places, put into every field of a session that holds text. */
import type { ReportInput } from "../../../actors/evidence/report-input.ts";
import { BURST, DOCUMENT, HISTORY, INPUT, RELEASE, session } from "./report-session.ts";

export const HOSTILE: readonly string[] = [
  "</script><script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  "</style><style>*{display:none}",
  "</title></textarea></svg><iframe src=//evil.example>",
  "<!-- --> ]]> <![CDATA[ &lt;b&gt; &quot;><b>",
  "a | b || c \\| d",
  "```\n````\n# heading\n`",
  "</details></summary>\n\n- [ ] @octocat #1 https://evil.example/ www.evil.example [x](javascript:alert(1)) ![i](http://evil.example/i)",
  "*bold* _em_ ~~gone~~ $x$ <sub> \u202eesrever\u0000\u200b",
  "| --- | --- |\n| x |",
];

/** Closed unions steer what is drawn; no text of theirs comes from outside. */
const CLOSED = new Set([
  "verdict",
  "direction",
  "command",
  "schema",
  "version",
  "state",
  "outcome",
  "label",
  "createdAt",
]);

/** With all that a report may tell. */
const FULL = session(
  { burst: BURST, baseline: { ...DOCUMENT.baseline!, release: RELEASE } },
  { history: [HISTORY] },
);

/** The same, undecided: so advice is given, too. */
export function hostileOpenInput(text: string): ReportInput {
  const input = hostileInput(text);
  const comparisons = input.document.comparisons.map((row) => ({ ...row, verdict: "inconclusive" as const }));
  return { ...input, document: { ...input.document, verdict: "inconclusive", comparisons } };
}

/** Every other string becomes `text`, also inside lists and as keys of reward components. */
export function hostileInput(text: string): ReportInput {
  const replaced = replace(FULL, text) as ReportInput;
  const document = {
    ...replaced.document,
    error: { code: text, message: text, hint: text, location: text },
    subject: { id: text, file: text, export: text, goal: text, candidate: text },
    reward: { total: 1, normalised: 1, components: { [text]: 1 } },
    gates: replaced.document.gates.map((gate) => ({
      ...gate,
      passed: false,
      reason: text,
      details: [text, text],
    })),
    refusals: [{ candidate: text, phase: "burst", reason: text } as const],
    search: {
      ...replaced.document.search!,
      history: replaced.document.search!.history.map((step) => ({ ...step, reason: text })),
    },
    equivalence: {
      inputs: 300,
      sealed: 100,
      disagreements: 1,
      engines: [text],
      counterexamples: [
        { input: text, engine: text, subject: text, candidate: text, shrunkFrom: 9, shrunkTo: 3 },
      ],
    },
  };
  const samples = INPUT.samples.map((entry) => ({ ...entry, label: text, unit: text }));
  return session(document, { ...replaced, document: undefined!, samples, diff: hostileDiff(text) });
}

function hostileDiff(text: string): string {
  const [line] = text.split("\n");
  return `--- a/${line!}\n+++ b/${line!}\n@@ -1,1 +1,2 @@\n-${line!}\n+${line!}\n+\`\`\`\`\`\n`;
}

function replace(value: unknown, text: string, key = ""): unknown {
  if (typeof value === "string") return CLOSED.has(key) ? value : text;
  if (Array.isArray(value)) return value.map((entry: unknown) => replace(entry, text));
  if (typeof value !== "object" || value === null || value instanceof Float64Array) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]: [string, unknown]) => [name, replace(entry, text, name)]),
  );
}
