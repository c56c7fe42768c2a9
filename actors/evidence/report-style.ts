/** The report's style sheet. System fonts, one accent a verdict; every text colour has 4.5 : 1 on its ground. */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --surface: #ffffff; --raised: #f6f7f9; --line: #dfe3e8; --grid: #e9ecf0;
  --ink: #1b1f24; --muted: #59626d; --link: #0a58b5;
  --baseline: #656e7a; --candidate: #0a62c4; --tolerance: #e4e7ec;
  --improved: #1a7037; --non-inferior: #0a6a7a; --no-baseline: #59626d;
  --inconclusive: #8a5a00; --regressed: #b42318; --rejected: #b42318; --none: #59626d;
  --added-ground: #e8f5ec; --added-ink: #14602d; --removed-ground: #fdeceb; --removed-ink: #9c1c13;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Segoe UI Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --surface: #14171b; --raised: #1c2026; --line: #323942; --grid: #262c34;
    --ink: #e4e8ed; --muted: #9aa5b1; --link: #7db7ff;
    --baseline: #a3adb9; --candidate: #62aaff; --tolerance: #2b323b;
    --improved: #57c27a; --non-inferior: #4fc0d2; --no-baseline: #9aa5b1;
    --inconclusive: #e0ac4b; --regressed: #ff8b80; --rejected: #ff8b80; --none: #9aa5b1;
    --added-ground: #16301f; --added-ink: #7ed59b; --removed-ground: #3a1d1c; --removed-ink: #ffa198;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 56rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
}
h1, h2, h3, p, dl, dd, figure, pre, ol, ul { margin: 0; }
h1 { font: 600 1.35rem/1.3 var(--mono); letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; line-height: 1.3; font-weight: 650; margin: 0 0 0.9rem; }
h3 { font-size: 1rem; font-weight: 650; margin: 0 0 0.25rem; }
a { color: var(--link); }
code, pre { font-family: var(--mono); font-size: 0.86em; }
code { overflow-wrap: anywhere; } code.option { white-space: nowrap; }
main > section { padding-top: 2rem; margin-top: 2rem; border-top: 1px solid var(--line); }
.kicker { color: var(--muted); font-size: 0.86rem; margin-bottom: 0.3rem; }
.meta { color: var(--muted); font-size: 0.9rem; margin-top: 0.35rem; display: flex; flex-wrap: wrap; gap: 0.1rem 1.2rem; }
.soft, .note, figcaption { color: var(--muted); }
.soft { font-weight: 400; }
.note, figcaption { font-size: 0.86rem; line-height: 1.5; margin-top: 0.6rem; max-width: 46rem; }
.verdict { --accent: var(--none); margin-top: 1.5rem; padding: 1.1rem 1.3rem 1.2rem; background: var(--raised); border-left: 5px solid var(--accent); border-radius: 3px 8px 8px 3px; }
.verdict .word { color: var(--accent); font-weight: 700; font-size: 0.92rem; margin-bottom: 0.25rem; }
.verdict .sentence { font-size: 1.28rem; line-height: 1.42; font-weight: 500; overflow-wrap: anywhere; text-wrap: pretty; }
.verdict .error { margin-top: 0.8rem; font-size: 0.92rem; overflow-wrap: anywhere; }
.improved { --accent: var(--improved); } .non-inferior { --accent: var(--non-inferior); }
.no-baseline { --accent: var(--no-baseline); } .inconclusive { --accent: var(--inconclusive); }
.regressed { --accent: var(--regressed); } .rejected { --accent: var(--rejected); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: 1.1rem 1.6rem; margin-top: 1.6rem; }
.figures div { display: flex; flex-direction: column; }
.figures dt { order: 2; font-size: 0.9rem; }
.figures dd { font-size: 1.3rem; line-height: 1.35; font-weight: 650; font-variant-numeric: tabular-nums; }
.figures dd.soft { order: 3; font-size: 0.86rem; font-weight: 400; }
nav { margin-top: 1.8rem; font-size: 0.9rem; display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
.scroll { overflow-x: auto; }
.scroll:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; line-height: 1.45; }
caption { text-align: left; color: var(--muted); font-size: 0.86rem; padding-bottom: 0.4rem; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 1rem 0.4rem 0; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-weight: 600; color: var(--muted); font-size: 0.84rem; white-space: nowrap; border-bottom-color: var(--muted); }
tbody th { font-weight: 500; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.tag { color: var(--accent); font-weight: 600; white-space: nowrap; }
.outcome { white-space: nowrap; } .outcome.good { color: var(--improved); } .outcome.bad { color: var(--rejected); font-weight: 600; } .outcome.none { color: var(--muted); }
ul.plain { padding-left: 1.1em; color: var(--muted); font-size: 0.86rem; }
details { margin-top: 1rem; }
summary { cursor: pointer; font-weight: 550; padding: 0.2rem 0; }
details > :nth-child(2) { margin-top: 0.7rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1.4rem 2.2rem; align-items: start; }
.facts { margin-top: 1.1rem; font-size: 0.92rem; }
.facts.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.2rem, 1fr)); gap: 0.8rem 1.4rem; }
.facts.rows div { display: grid; grid-template-columns: 12rem 1fr; gap: 0 1.2rem; padding: 0.14rem 0; align-items: baseline; }
p + .scroll, p + details { margin-top: 0.9rem; }
.facts:first-child { margin-top: 0; }
.facts + .facts { padding-top: 1.1rem; border-top: 1px solid var(--line); }
.facts dt { color: var(--muted); font-size: 0.84rem; }
.facts dd { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.chart { margin-top: 1.8rem; } .chart:first-of-type { margin-top: 0; }
.chart svg { display: block; max-width: 100%; height: auto; overflow: visible; font-family: inherit; font-variant-numeric: tabular-nums; }
.chart figcaption { margin-top: 0.3rem; }
.chart .narrow { display: none; }
.diff { font: 0.82rem/1.5 var(--mono); border: 1px solid var(--line); tab-size: 2; }
.diff td { border: 0; padding: 0 0.6rem; }
.diff .line { width: 1%; min-width: 2.6rem; text-align: right; color: var(--muted); user-select: none; white-space: nowrap; padding: 0 0.5rem; }
.diff .text { white-space: pre; padding-left: 0.4rem; }
.diff .sign { display: inline-block; width: 1.2em; user-select: none; }
.diff .added { background: var(--added-ground); } .diff .removed { background: var(--removed-ground); }
.diff .added .sign, .added-count { color: var(--added-ink); font-weight: 700; }
.diff .removed .sign, .removed-count { color: var(--removed-ink); font-weight: 700; }
.diff .added .line { color: var(--added-ink); } .diff .removed .line { color: var(--removed-ink); }
.diff .file td, .diff .hunk td, .diff .note td { color: var(--muted); background: var(--raised); padding: 0.25rem 0.7rem; }
.diff .file td { color: var(--ink); font-weight: 600; }
.diff-size { font-size: 0.9rem; margin-bottom: 0.5rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 2; line-height: 1.5; }
.counterexample { border-left: 3px solid var(--rejected); padding-left: 1rem; margin-top: 1rem; }
.counterexample:first-of-type { margin-top: 0; }
.counterexample figcaption { margin: 0 0 0.5rem; }
.counterexample dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.35rem 1.2rem; }
.counterexample dt { color: var(--muted); font-size: 0.9rem; }
.counterexample dd { min-width: 0; } .differs { color: var(--rejected); font-weight: 600; }
.inputs { padding-left: 1.8rem; margin-top: 0.7rem; font-size: 0.92rem; } .inputs li { padding: 0.12rem 0; } .inputs li::marker { color: var(--muted); font-size: 0.84rem; }
.commands { background: var(--raised); padding: 0.9rem 1.1rem; border-radius: 6px; }
.prompt { color: var(--muted); user-select: none; }
.bar { display: block; height: 0.5rem; margin-top: 0.42rem; min-width: 1px; background: var(--baseline); border-radius: 1px; }
td:has(.bar) { width: 40%; min-width: 7rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: 0.86rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 620px) {
  body { padding: 1.4rem 1rem 3rem; }
  h1 { font-size: 1.12rem; }
  .verdict { padding: 0.9rem 1rem 1rem; } .verdict .sentence { font-size: 1.1rem; }
  .figures { grid-template-columns: 1fr 1fr; } .figures dd { font-size: 1.1rem; }
  .chart .wide { display: none; } .chart .narrow { display: block; }
  .counterexample dl { grid-template-columns: 1fr; }
  .facts.rows div { grid-template-columns: 1fr; padding: 0.3rem 0; }
}
@media print {
  :root { --ground: #fff; --surface: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  .scroll { overflow: visible; }
  .diff .text { white-space: pre-wrap; overflow-wrap: anywhere; }
  .chart, tr, .counterexample, .verdict { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  * { print-color-adjust: exact; }
}
`;
