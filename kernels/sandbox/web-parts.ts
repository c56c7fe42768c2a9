/**
 * Which parts of the web platform a program is given in a realm. A realm's memory is copied before every run, so
 * that it holds the parts that the program's text names, and no others; text that can make names (`eval`,
 * `Function`, `globalThis[…]`) gets all of them.
 */

export interface WebPart {
  /** In `inside/`, and what it exports there. */
  readonly module: string;
  readonly install: string;
  readonly globals: readonly string[];
  /** It only computes, and JavaScript runtimes have it themselves. */
  readonly pure?: true;
}

export const WEB_PARTS: readonly WebPart[] = [
  { module: "web-base64", install: "installBase64", globals: ["atob", "btoa"], pure: true },
  { module: "web-clone", install: "installClone", globals: ["structuredClone"], pure: true },
  { module: "web-crypto", install: "installCrypto", globals: ["crypto"] },
  { module: "web-encoding", install: "installEncoding", globals: ["TextEncoder", "TextDecoder"], pure: true },
  {
    module: "web-events",
    install: "installEvents",
    globals: ["Event", "CustomEvent", "EventTarget", "AbortController", "AbortSignal"],
  },
  { module: "web-exception", install: "installDOMException", globals: ["DOMException"], pure: true },
  { module: "web-performance", install: "installPerformance", globals: ["performance"] },
  {
    module: "web-timers",
    install: "installTimers",
    globals: [
      ...["setTimeout", "setInterval", "setImmediate"],
      ...["clearTimeout", "clearInterval", "clearImmediate", "queueMicrotask"],
    ],
  },
  { module: "web-url", install: "installUrl", globals: ["URL", "URLSearchParams"], pure: true },
];

const MAKES_NAMES = /\b(?:eval|Function)\b|\b(?:globalThis|self|window|global)\s*(?:\?\.)?\[/;
const IDENTIFIERS = /[A-Za-z_$][\w$]*/g;

/** In the order of the list, so that equal sets are equal. */
export function webPartsOf(code: string): readonly WebPart[] {
  if (MAKES_NAMES.test(code)) return WEB_PARTS;
  const named = new Set(code.match(IDENTIFIERS));
  return WEB_PARTS.filter(({ globals }) => globals.some((name) => named.has(name)));
}

/**
 * The parts of a program that is timed: pure ones are the runtime's own, since a stand-in would take another time;
 * the others, which wait or draw chance, are the sandbox's.
 */
export function timedPartsOf(code: string): readonly WebPart[] {
  const named = webPartsOf(code);
  const kept = named.filter(({ pure }) => pure === true).flatMap(({ globals }) => globals);
  const own = named.filter(({ pure }) => pure !== true);
  if (named.length === 0) return [];
  // DOMException comes along: the others throw it.
  return [{ module: "web-native", install: "installNative", globals: ["DOMException", ...kept] }, ...own];
}

/** Some part keeps a state of its own, which is begun anew between stretches only. */
export function keepsState(parts: readonly WebPart[]): boolean {
  return parts.some(({ module }) => module !== "web-native");
}
