/** The report of a run of bench files: one HTML file and its Markdown twin. */
export { renderBenchHtml } from "./bench-report-html.ts";
export { renderBenchMarkdown } from "./bench-report-markdown.ts";
