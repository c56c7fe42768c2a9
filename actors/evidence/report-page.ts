/**
 * The frame of a report as one HTML file: no script, no request, readable from `file://`, in light, dark, on
 * paper and on a phone. A content security policy in the page forbids both, should anything slip through.
 */
import { formatMoment } from "./report-format.ts";
import { markup, Markup, type Content } from "./report-markup.ts";
import { REPORT_STYLE } from "./report-style.ts";

export interface Page {
  readonly title: string;
  /** Version that made it. */
  readonly myriad: string;
  readonly header: Markup;
  readonly sections: readonly Section[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface Section {
  readonly id: string;
  readonly name: string;
  readonly content: Content;
}

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function renderPage({ title, myriad, header, sections, createdAt }: Page): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Myriad ${myriad}">
<title>${title} · Myriad</title>
<style>${new Markup(REPORT_STYLE)}</style>
</head>
<body>
${header}
<nav aria-label="Sections">${sections.map(({ id, name }) => markup`<a href="#${id}">${name}</a> `)}</nav>
<main>
${sections.map(renderSection)}
</main>
<footer>Made by Myriad ${myriad} on ${formatMoment(createdAt)}.</footer>
</body>
</html>
`.toString();
}

function renderSection({ id, name, content }: Section): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${name}</h2>
${content}
</section>
`;
}
