/** The website that the crawler reads: a few linked pages on a free port of this machine. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Website {
  readonly origin: string;
  /** How many requests it has had. */
  readonly requests: number;
  close(): Promise<void>;
}

/** What each page links to. /moody fails twice before it answers, /broken always; /missing is not there. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  "/": ["/tea", "/coffee", "/moody"],
  "/tea": ["/", "/tea/green", "/tea/black", "/missing"],
  "/tea/green": ["/tea"],
  "/tea/black": ["/tea", "/broken"],
  "/coffee": ["/", "/tea"],
  "/moody": ["/moody/deep"],
  "/moody/deep": ["/"],
  "/broken": [],
};

export async function openWebsite(): Promise<Website> {
  let requests = 0;
  let moods = 0;
  const server = createServer(({ url = "/" }, response) => {
    requests += 1;
    const fails = url === "/broken" || (url === "/moody" && ++moods <= 2);
    response.statusCode = fails ? 503 : PAGES[url] === undefined ? 404 : 200;
    response.end((PAGES[url] ?? []).map((link) => `<a href="${link}">${link}</a>`).join("\n"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
