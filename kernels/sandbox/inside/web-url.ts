/** URL as the WHATWG standard has it, over `web-url-parser.ts`. */
import { publishClass } from "./slots.ts";
import { bindParams, replaceParams, tellParams, URLSearchParams } from "./web-search-params.ts";
import { ENCODED, percentEncode } from "./web-url-encode.ts";
import { parsePart, parseUrl } from "./web-url-parser.ts";
import type { State } from "./web-url-parser.ts";
import { hostText, isSpecial, pathText, urlText } from "./web-url-record.ts";
import type { UrlRecord } from "./web-url-record.ts";
import { scalarTextOf } from "./web-text.ts";

function recordOf(url: unknown, base: unknown): UrlRecord | null {
  const against = base === undefined ? null : parseUrl(scalarTextOf(base), null);
  return base !== undefined && against === null ? null : parseUrl(scalarTextOf(url), against);
}

function invalid(input: unknown): TypeError {
  return Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: scalarTextOf(input) });
}

/** What a URL is, whatever the program has made of its members. */
let tellUrl: (url: object) => string;

export class URL {
  #url: UrlRecord;
  #params: URLSearchParams | null = null;

  constructor(url: unknown, base?: unknown) {
    if (arguments.length === 0) throw new TypeError('The "url" argument must be specified');
    const record = recordOf(url, base);
    if (record === null) throw invalid(url);
    this.#url = record;
  }

  static canParse(url: unknown, base?: unknown): boolean {
    return recordOf(url, base) !== null;
  }

  static parse(url: unknown, base?: unknown): URL | null {
    return URL.canParse(url, base) ? new URL(url, base) : null;
  }

  get href(): string {
    return urlText(this.#url);
  }
  set href(value: unknown) {
    const record = parseUrl(scalarTextOf(value), null);
    if (record === null) throw invalid(value);
    this.#url = record;
    this.#tellParams();
  }

  get origin(): string {
    const { scheme, path } = this.#url;
    if (scheme === "blob") {
      const inner = parseUrl(typeof path === "string" ? path : "", null);
      return inner?.scheme === "http" || inner?.scheme === "https" ? originOf(inner) : "null";
    }
    return isSpecial(this.#url) && scheme !== "file" ? originOf(this.#url) : "null";
  }

  get protocol(): string {
    return `${this.#url.scheme}:`;
  }
  set protocol(value: unknown) {
    this.#change(`${scalarTextOf(value)}:`, "scheme start");
  }

  get username(): string {
    return this.#url.username;
  }
  set username(value: unknown) {
    if (this.#canHaveCredentials()) this.#url.username = percentEncode(scalarTextOf(value), ENCODED.userinfo);
  }

  get password(): string {
    return this.#url.password;
  }
  set password(value: unknown) {
    if (this.#canHaveCredentials()) this.#url.password = percentEncode(scalarTextOf(value), ENCODED.userinfo);
  }

  get host(): string {
    return hostText(this.#url);
  }
  set host(value: unknown) {
    if (typeof this.#url.path !== "string") this.#change(scalarTextOf(value), "host");
  }

  get hostname(): string {
    return this.#url.host ?? "";
  }
  set hostname(value: unknown) {
    if (typeof this.#url.path !== "string") this.#change(scalarTextOf(value), "hostname");
  }

  get port(): string {
    return this.#url.port === null ? "" : `${this.#url.port}`;
  }
  set port(value: unknown) {
    if (!this.#canHaveCredentials()) return;
    const port = scalarTextOf(value);
    if (port === "") this.#url.port = null;
    else this.#change(port, "port");
  }

  get pathname(): string {
    return pathText(this.#url);
  }
  set pathname(value: unknown) {
    if (typeof this.#url.path === "string") return;
    this.#url.path = [];
    this.#change(scalarTextOf(value), "path start");
  }

  get search(): string {
    const { query } = this.#url;
    return query === null || query === "" ? "" : `?${query}`;
  }
  set search(value: unknown) {
    const query = scalarTextOf(value);
    this.#url.query = query === "" ? null : "";
    if (query !== "") this.#change(query.replace(/^\?/, ""), "query");
    stripOpaquePath(this.#url);
    this.#tellParams();
  }

  get searchParams(): URLSearchParams {
    if (this.#params === null) {
      this.#params = new URLSearchParams(this.#url.query ?? "");
      replaceParams(this.#params, this.#url.query ?? "");
      bindParams(this.#params, (query) => {
        this.#url.query = query === "" ? null : query;
        stripOpaquePath(this.#url);
      });
    }
    return this.#params;
  }

  get hash(): string {
    const { fragment } = this.#url;
    return fragment === null || fragment === "" ? "" : `#${fragment}`;
  }
  set hash(value: unknown) {
    const fragment = scalarTextOf(value);
    this.#url.fragment = fragment === "" ? null : "";
    if (fragment !== "") this.#change(fragment.replace(/^#/, ""), "fragment");
    stripOpaquePath(this.#url);
  }

  static {
    tellUrl = (url) => urlText((url as URL).#url);
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }

  /** What is refused half way has changed what it came to. */
  #change(value: string, state: State): void {
    parsePart(value, this.#url, state);
  }

  #canHaveCredentials(): boolean {
    const { host, scheme } = this.#url;
    return host !== null && host !== "" && scheme !== "file";
  }

  #tellParams(): void {
    if (this.#params !== null) replaceParams(this.#params, this.#url.query ?? "");
  }
}

/** Spaces at the end of an opaque path would be lost when its text is parsed again. */
function stripOpaquePath(url: UrlRecord): void {
  if (typeof url.path !== "string" || url.query !== null || url.fragment !== null) return;
  url.path = url.path.replace(/ +$/, "");
}

function originOf(url: UrlRecord): string {
  return `${url.scheme}://${hostText(url)}`;
}

export function installUrl(): void {
  publishClass("URL", URL, tellUrl);
  publishClass("URLSearchParams", URLSearchParams, tellParams);
}
