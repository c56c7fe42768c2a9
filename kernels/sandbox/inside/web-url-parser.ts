/**
 * The URL parser of the WHATWG standard: its states by their names, each a function of the character that is
 * next. Used for whole URLs, and with a state to begin in for one part of a URL that is being changed. Long, since
 * the standard's states are one machine: whoever compares it with the standard reads it from top to bottom.
 */
import { ENCODED, percentEncode } from "./web-url-encode.ts";
import { parseHost } from "./web-url-host.ts";
import { DEFAULT_PORTS, emptyRecord, isSpecial, hasCredentials } from "./web-url-record.ts";
import type { UrlRecord } from "./web-url-record.ts";

export type State =
  | "scheme start"
  | "scheme"
  | "no scheme"
  | "special relative or authority"
  | "path or authority"
  | "relative"
  | "relative slash"
  | "special authority slashes"
  | "special authority ignore slashes"
  | "authority"
  | "host"
  | "hostname"
  | "port"
  | "file"
  | "file slash"
  | "file host"
  | "path start"
  | "path"
  | "opaque path"
  | "query"
  | "fragment";

/** What a state answers: go on with the next character, look at this one again, or stop. */
type Answer = "next" | "again" | "done" | "failed";

const END = "";
const WINDOWS_DRIVE = /^[a-z][:|]$/i;
const STARTS_WITH_DRIVE = /^[a-z][:|](?:[/\\?#]|$)/i;
const SINGLE_DOT = /^(?:\.|%2e)$/i;
const DOUBLE_DOT = /^(?:\.|%2e){2}$/i;

/** Null when the text is no URL. */
export function parseUrl(text: string, base: UrlRecord | null): UrlRecord | null {
  const url = emptyRecord();
  const trimmed = text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "");
  return new Parser(trimmed, url, base, null).run() ? url : null;
}

/** Parses one part into a URL. False when it was refused; the URL may then be changed in part. */
export function parsePart(text: string, url: UrlRecord, state: State): boolean {
  return new Parser(text, url, null, state).run();
}

class Parser {
  readonly #text: readonly string[];
  readonly #url: UrlRecord;
  readonly #base: UrlRecord | null;
  readonly #override: State | null;
  #state: State;
  #at = 0;
  #buffer = "";
  #atSignSeen = false;
  #insideBrackets = false;
  #passwordSeen = false;

  constructor(text: string, url: UrlRecord, base: UrlRecord | null, override: State | null) {
    this.#text = Array.from(text.replace(/[\t\n\r]/g, ""));
    this.#url = url;
    this.#base = base;
    this.#override = override;
    this.#state = override ?? "scheme start";
  }

  run(): boolean {
    for (;;) {
      const character = this.#text[this.#at] ?? END;
      const answer = this.#step(character);
      if (answer === "failed") return false;
      if (answer === "done" || (answer === "next" && character === END)) return true;
      if (answer === "next") this.#at++;
    }
  }

  #step(c: string): Answer {
    switch (this.#state) {
      case "scheme start":
        return this.#schemeStart(c);
      case "scheme":
        return this.#scheme(c);
      case "no scheme":
        return this.#noScheme(c);
      case "special relative or authority":
        return this.#slashes(c, "relative");
      case "path or authority":
        return c === "/" ? this.#on("authority") : this.#again("path");
      case "relative":
        return this.#relative(c);
      case "relative slash":
        return this.#relativeSlash(c);
      case "special authority slashes":
        return this.#slashes(c, "special authority ignore slashes");
      case "special authority ignore slashes":
        return c === "/" || c === "\\" ? "next" : this.#again("authority");
      case "authority":
        return this.#authority(c);
      case "host":
      case "hostname":
        return this.#host(c);
      case "port":
        return this.#port(c);
      case "file":
        return this.#file(c);
      case "file slash":
        return this.#fileSlash(c);
      case "file host":
        return this.#fileHost(c);
      case "path start":
        return this.#pathStart(c);
      case "path":
        return this.#path(c);
      case "opaque path":
        return this.#opaquePath(c);
      case "query":
        return this.#query(c);
      case "fragment":
        return this.#fragment(c);
    }
  }

  #on(state: State): "next" {
    this.#state = state;
    return "next";
  }

  #again(state: State): "again" {
    this.#state = state;
    return "again";
  }

  #rest(): string {
    return this.#text.slice(this.#at).join("");
  }

  #takeBuffer(): string {
    const buffer = this.#buffer;
    this.#buffer = "";
    return buffer;
  }

  #slash(c: string): boolean {
    return c === "/" || (c === "\\" && isSpecial(this.#url));
  }

  /** Where an authority's part ends. */
  #ends(c: string): boolean {
    return c === END || c === "?" || c === "#" || this.#slash(c);
  }

  #beginQuery(): "next" {
    this.#url.query = "";
    return this.#on("query");
  }

  #beginFragment(): "next" {
    this.#url.fragment = "";
    return this.#on("fragment");
  }

  // --- scheme -------------------------------------------------------------------------------------------

  #schemeStart(c: string): Answer {
    if (/^[a-z]$/i.test(c)) {
      this.#buffer += c.toLowerCase();
      return this.#on("scheme");
    }
    return this.#override === null ? this.#again("no scheme") : "failed";
  }

  #scheme(c: string): Answer {
    if (/^[a-z0-9+.-]$/i.test(c)) {
      this.#buffer += c.toLowerCase();
      return "next";
    }
    if (c === ":") return this.#override === null ? this.#afterScheme() : this.#changeScheme();
    if (this.#override !== null) return "failed";
    this.#buffer = "";
    this.#at = 0;
    return this.#again("no scheme");
  }

  #changeScheme(): Answer {
    const url = this.#url;
    const scheme = this.#takeBuffer();
    if (isSpecial(url) !== isSpecial({ ...url, scheme })) return "done";
    if (scheme === "file" && (hasCredentials(url) || url.port !== null)) return "done";
    if (url.scheme === "file" && url.host === "") return "done";
    url.scheme = scheme;
    if (url.port === DEFAULT_PORTS[scheme]) url.port = null;
    return "done";
  }

  #afterScheme(): Answer {
    const url = this.#url;
    url.scheme = this.#takeBuffer();
    if (url.scheme === "file") return this.#on("file");
    if (isSpecial(url)) {
      return this.#on(
        this.#base?.scheme === url.scheme ? "special relative or authority" : "special authority slashes",
      );
    }
    if (this.#text[this.#at + 1] === "/") {
      this.#at++;
      return this.#on("path or authority");
    }
    url.path = "";
    return this.#on("opaque path");
  }

  #noScheme(c: string): Answer {
    const base = this.#base;
    if (base === null) return "failed";
    if (typeof base.path !== "string") return this.#again(base.scheme === "file" ? "file" : "relative");
    if (c !== "#") return "failed";
    const { scheme, path, query } = base;
    Object.assign(this.#url, { scheme, path, query });
    return this.#beginFragment();
  }

  #slashes(c: string, otherwise: State): Answer {
    if (c !== "/" || this.#text[this.#at + 1] !== "/") return this.#again(otherwise);
    this.#at++;
    return this.#on("special authority ignore slashes");
  }

  // --- relative -----------------------------------------------------------------------------------------

  #takeAuthority(): void {
    const { username, password, host, port } = this.#base!;
    Object.assign(this.#url, { username, password, host, port });
  }

  #takePathAndQuery(): void {
    this.#url.path = (this.#base!.path as readonly string[]).slice();
    this.#url.query = this.#base!.query;
  }

  #relative(c: string): Answer {
    this.#url.scheme = this.#base!.scheme;
    if (this.#slash(c)) return this.#on("relative slash");
    this.#takeAuthority();
    this.#takePathAndQuery();
    if (c === "?") return this.#beginQuery();
    if (c === "#") return this.#beginFragment();
    if (c === END) return "next";
    this.#url.query = null;
    this.#shorten();
    return this.#again("path");
  }

  #relativeSlash(c: string): Answer {
    if (isSpecial(this.#url) && this.#slash(c)) return this.#on("special authority ignore slashes");
    if (c === "/") return this.#on("authority");
    this.#takeAuthority();
    return this.#again("path");
  }

  // --- authority ----------------------------------------------------------------------------------------

  #authority(c: string): Answer {
    if (c === "@") {
      this.#credentials(`${this.#atSignSeen ? "%40" : ""}${this.#takeBuffer()}`);
      return "next";
    }
    if (!this.#ends(c)) {
      this.#buffer += c;
      return "next";
    }
    if (this.#atSignSeen && this.#buffer === "") return "failed";
    this.#at -= Array.from(this.#takeBuffer()).length;
    return this.#again("host");
  }

  #credentials(text: string): void {
    this.#atSignSeen = true;
    for (const character of text) {
      if (character === ":" && !this.#passwordSeen) this.#passwordSeen = true;
      else if (this.#passwordSeen) this.#url.password += percentEncode(character, ENCODED.userinfo);
      else this.#url.username += percentEncode(character, ENCODED.userinfo);
    }
  }

  #host(c: string): Answer {
    if (this.#override !== null && this.#url.scheme === "file") return this.#again("file host");
    if (c === ":" && !this.#insideBrackets) {
      if (this.#buffer === "" || this.#override === "hostname") return "failed";
      return this.#setHost() ? this.#on("port") : "failed";
    }
    if (this.#ends(c)) return this.#endHost();
    if (c === "[") this.#insideBrackets = true;
    if (c === "]") this.#insideBrackets = false;
    this.#buffer += c;
    return "next";
  }

  #endHost(): Answer {
    const url = this.#url;
    if (this.#buffer === "") {
      if (isSpecial(url)) return "failed";
      if (this.#override !== null && (hasCredentials(url) || url.port !== null)) return "failed";
    }
    if (!this.#setHost()) return "failed";
    return this.#override === null ? this.#again("path start") : "done";
  }

  #setHost(): boolean {
    const host = parseHost(this.#takeBuffer(), isSpecial(this.#url));
    if (host === null) return false;
    this.#url.host = host;
    return true;
  }

  #port(c: string): Answer {
    if (/^[0-9]$/.test(c)) {
      this.#buffer += c;
      return "next";
    }
    if (!this.#ends(c) && this.#override === null) return "failed";
    if (this.#buffer !== "") {
      const port = +this.#takeBuffer();
      if (port > 65_535) return "failed";
      this.#url.port = port === DEFAULT_PORTS[this.#url.scheme] ? null : port;
      if (this.#override !== null) return "done";
    }
    return this.#override === null ? this.#again("path start") : "failed";
  }

  // --- file ---------------------------------------------------------------------------------------------

  #file(c: string): Answer {
    const url = this.#url;
    url.scheme = "file";
    url.host = "";
    if (c === "/" || c === "\\") return this.#on("file slash");
    if (this.#base?.scheme !== "file") return this.#again("path");
    url.host = this.#base.host;
    this.#takePathAndQuery();
    if (c === "?") return this.#beginQuery();
    if (c === "#") return this.#beginFragment();
    if (c === END) return "next";
    url.query = null;
    if (STARTS_WITH_DRIVE.test(this.#rest())) url.path = [];
    else this.#shorten();
    return this.#again("path");
  }

  #fileSlash(c: string): Answer {
    if (c === "/" || c === "\\") return this.#on("file host");
    const url = this.#url;
    if (this.#base?.scheme === "file") {
      url.host = this.#base.host;
      const drive = this.#base.path[0];
      if (!STARTS_WITH_DRIVE.test(this.#rest()) && drive !== undefined && /^[a-z]:$/i.test(drive))
        url.path = [drive];
    }
    return this.#again("path");
  }

  #fileHost(c: string): Answer {
    if (c !== END && c !== "/" && c !== "\\" && c !== "?" && c !== "#") {
      this.#buffer += c;
      return "next";
    }
    // What looks like a drive is no host: it stays in the buffer and begins the path.
    if (this.#override === null && WINDOWS_DRIVE.test(this.#buffer)) return this.#again("path");
    if (this.#buffer === "") this.#url.host = "";
    else if (!this.#setHost()) return "failed";
    if (this.#url.host === "localhost") this.#url.host = "";
    return this.#override === null ? this.#again("path start") : "done";
  }

  // --- path, query, fragment ----------------------------------------------------------------------------

  #pathStart(c: string): Answer {
    if (isSpecial(this.#url)) return this.#slash(c) ? this.#on("path") : this.#again("path");
    if (this.#override === null && c === "?") return this.#beginQuery();
    if (this.#override === null && c === "#") return this.#beginFragment();
    if (c !== END) return c === "/" ? this.#on("path") : this.#again("path");
    if (this.#override !== null && this.#url.host === null) (this.#url.path as string[]).push("");
    return "next";
  }

  #path(c: string): Answer {
    const endsHere = this.#slash(c) || c === END || (this.#override === null && (c === "?" || c === "#"));
    if (!endsHere) {
      this.#buffer += percentEncode(c, ENCODED.path);
      return "next";
    }
    this.#endSegment(this.#takeBuffer(), this.#slash(c));
    if (c === "?") return this.#beginQuery();
    return c === "#" ? this.#beginFragment() : "next";
  }

  #endSegment(segment: string, goesOn: boolean): void {
    const path = this.#url.path as string[];
    if (DOUBLE_DOT.test(segment)) {
      this.#shorten();
      if (!goesOn) path.push("");
    } else if (SINGLE_DOT.test(segment)) {
      if (!goesOn) path.push("");
    } else {
      const isDrive = this.#url.scheme === "file" && path.length === 0 && WINDOWS_DRIVE.test(segment);
      path.push(isDrive ? `${segment[0]!}:` : segment);
    }
  }

  /** Drops the last segment, but for a drive that is all there is. */
  #shorten(): void {
    const path = this.#url.path as string[];
    if (this.#url.scheme === "file" && path.length === 1 && /^[a-z]:$/i.test(path[0]!)) return;
    path.pop();
  }

  #opaquePath(c: string): Answer {
    if (c === "?") return this.#beginQuery();
    if (c === "#") return this.#beginFragment();
    if (c !== END) this.#url.path = `${this.#url.path as string}${percentEncode(c, ENCODED.control)}`;
    return "next";
  }

  #query(c: string): Answer {
    if (c !== END && (c !== "#" || this.#override !== null)) {
      this.#buffer += c;
      return "next";
    }
    const set = isSpecial(this.#url) ? ENCODED.specialQuery : ENCODED.query;
    this.#url.query = `${this.#url.query ?? ""}${percentEncode(this.#takeBuffer(), set)}`;
    return c === "#" ? this.#beginFragment() : "next";
  }

  #fragment(c: string): Answer {
    if (c !== END) this.#url.fragment = `${this.#url.fragment ?? ""}${percentEncode(c, ENCODED.fragment)}`;
    return "next";
  }
}
