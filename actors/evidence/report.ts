/** The session report: one HTML file, its Markdown twin, and the sentence both begin with. */
export { renderHtml } from "./report-html.ts";
export { renderMarkdown } from "./report-markdown.ts";
export { verdictSentence } from "./report-verdict.ts";
