/** A URL in its parts, and the texts that are made of them. */

export interface UrlRecord {
  scheme: string;
  username: string;
  password: string;
  /** Serialised; null for none, empty for an empty one. */
  host: string | null;
  port: number | null;
  /** Segments, or the whole of a path that is opaque. */
  path: string[] | string;
  query: string | null;
  fragment: string | null;
}

export const DEFAULT_PORTS: Readonly<Record<string, number | null>> = {
  ftp: 21,
  file: null,
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
};

export function isSpecial({ scheme }: UrlRecord): boolean {
  return Object.hasOwn(DEFAULT_PORTS, scheme);
}

export function hasCredentials({ username, password }: UrlRecord): boolean {
  return username !== "" || password !== "";
}

export function emptyRecord(): UrlRecord {
  return {
    scheme: "",
    username: "",
    password: "",
    host: null,
    port: null,
    path: [],
    query: null,
    fragment: null,
  };
}

// Also read by whoever compares URLs, after the program has run: no method of arrays or texts is called here.

export function pathText({ path }: UrlRecord): string {
  if (typeof path === "string") return path;
  let text = "";
  for (let index = 0; index < path.length; index++) text += `/${path[index]!}`;
  return text;
}

export function hostText({ host, port }: UrlRecord): string {
  return port === null ? (host ?? "") : `${host ?? ""}:${port}`;
}

export function urlText(url: UrlRecord): string {
  let text = `${url.scheme}:`;
  if (url.host !== null) {
    const { username, password } = url;
    const credentials = hasCredentials(url) ? `${username}${password === "" ? "" : `:${password}`}@` : "";
    text += `//${credentials}${hostText(url)}`;
  } else if (typeof url.path !== "string" && url.path.length > 1 && url.path[0] === "") text += "/.";
  text += pathText(url);
  if (url.query !== null) text += `?${url.query}`;
  return url.fragment === null ? text : `${text}#${url.fragment}`;
}
