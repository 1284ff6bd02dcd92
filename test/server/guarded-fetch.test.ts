import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { createGuardedFetch, type FetchRequest } from "../../server/fetch/guarded-fetch.ts";
import {
  treatAsPublic,
  createResolver,
  startWebServer,
  type WebServer,
} from "../support/documents/web-server.ts";

const here = "127.0.0.1";
const resolve = createResolver([here]);
const fetch = createGuardedFetch({ policy: treatAsPublic(here), resolve });

const request = (
  web: Pick<WebServer, "port">,
  path: string,
  more: Partial<FetchRequest> = {},
): FetchRequest => ({
  url: `http://${here}:${web.port}${path}`,
  maxBytes: 1_000,
  maxRedirects: 2,
  timeoutMs: 10_000,
  signal: new AbortController().signal,
  ...more,
});

test("a fetch returns the URL, status, type and bytes", async () => {
  const web = await startWebServer((_, response) =>
    response.writeHead(404, { "content-type": 'Text/HTML; Charset="UTF-8"' }).end("gone"),
  );
  expect(await fetch(request(web, "/a?b=c#d"))).toEqual({
    url: `http://${here}:${web.port}/a?b=c`,
    status: 404,
    mediaType: "text/html",
    charset: "utf-8",
    bytes: Buffer.from("gone"),
  });
});

test("a request contains the host name and nothing of the caller", async () => {
  const web = await startWebServer((_, response) => response.setHeader("set-cookie", "a=b").end());
  const url = `http://site.test:${web.port}/`;
  await fetch(request(web, "/", { url }));
  await fetch(request(web, "/", { url, accept: "image/*" }));
  const sent = { host: `site.test:${web.port}`, "user-agent": "openclaw-gateway", connection: "close" };
  const [first, second] = web.requests().map(({ headers }) => headers);
  expect(first).toEqual({ ...sent, accept: "*/*", "accept-encoding": "identity" });
  expect(second).toEqual({ ...sent, accept: "image/*", "accept-encoding": "identity" });
});

test("one responding address of several is enough", async () => {
  const server = createServer((_, response) => response.end("hello"));
  server.listen(0, here);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const policy = { isAllowedAddress: () => true, isAllowedPort: () => true };
  const fetch = createGuardedFetch({ policy, resolve: createResolver(["::1", here]) });
  expect(await fetch(request({ port }, "/", { url: `http://both.test:${port}/` }))).toMatchObject({
    status: 200,
  });
});

describe("redirects", () => {
  const web = (): Promise<WebServer> =>
    startWebServer((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end("there");
      else response.writeHead(307, { location: `${left - 1}` }).end("on".repeat(10_000));
    });

  test("are followed up to the limit", async () => {
    const site = await web();
    expect(await fetch(request(site, "/2"))).toMatchObject({
      url: `http://${here}:${site.port}/0`,
      bytes: Buffer.from("there"),
    });
    expect(await fetch(request(site, "/3"))).toEqual({ rejected: "it redirects more than 2 times" });
    expect(await fetch(request(site, "/1", { maxRedirects: 0 }))).toEqual({
      rejected: "it redirects more than 0 times",
    });
  });

  test("are limited to the allowlist", async () => {
    const site = await startWebServer((request, response) =>
      request.url === "/"
        ? response.writeHead(301, { location: `http://other.test:${site.port}/there` }).end()
        : response.end("there"),
    );
    const url = `http://one.site.test:${site.port}/`;
    const unlisted = { rejected: "its host is not on the allowlist" };
    expect(await fetch(request(site, "/", { url, hosts: ["*.site.test"] }))).toEqual(unlisted);
    expect(site.requests()).toHaveLength(1);
    const hosts = ["*.site.test", "OTHER.test."];
    expect(await fetch(request(site, "/", { url, hosts }))).toMatchObject({ status: 200 });
  });
});

describe("a URL must have", () => {
  const fetch = createGuardedFetch({ resolve: createResolver([]) });
  const getRejection = async (url: string, hosts: readonly string[] = []): Promise<string | undefined> => {
    const result = await fetch(request({ port: 80 }, "/", { url, hosts }));
    return "rejected" in result ? result.rejected : undefined;
  };
  /** Of what is allowed and does not answer. */
  const unreachable = "it is not a public address, or does not answer";

  test("http or https and no password", async () => {
    expect(await getRejection("https://site.test/")).toBe(unreachable);
    expect(await getRejection("file:///etc/passwd")).toBe("only http and https URLs are fetched");
    expect(await getRejection("site.test/a.png")).toBe("it is not a valid URL");
    const secret = "a URL cannot contain a user name or a password";
    expect(await getRejection("http://me@site.test/")).toBe(secret);
    expect(await getRejection("http://:secret@site.test/")).toBe(secret);
    expect(await getRejection(`http://site.test/${"a".repeat(9_000)}`)).toBe(
      "a URL can have at most 8192 characters",
    );
  });

  test("a web port", async () => {
    for (const port of [80, 443, 8080, 8443])
      expect(await getRejection(`http://site.test:${port}/`)).toBe(unreachable);
    for (const port of [1, 22, 25, 6379, 18789])
      expect(await getRejection(`http://site.test:${port}/`)).toBe(
        `port ${port} is not allowed; use 80, 443, 8080 or 8443`,
      );
  });

  test("a host of the allowlist, if there is one", async () => {
    const list = ["a.test", "*.b.test"];
    for (const host of ["a.test", "A.TEST.", "x.b.test", "x.y.b.test"])
      expect(await getRejection(`http://${host}/`, list)).toBe(unreachable);
    for (const host of ["b.test", "x.a.test", "ab.test", "xb.test", "a.test.evil.test", "127.0.0.1"])
      expect(await getRejection(`http://${host}/`, list)).toMatch("not on the allowlist");
  });
});

describe("size", () => {
  const large = { rejected: "it is larger than 1000 bytes" };

  test("is limited by the header and while reading", async () => {
    const web = await startWebServer((request, response) => {
      response.on("error", () => {});
      if (request.url === "/says") response.writeHead(200, { "content-length": "1001" }).flushHeaders();
      else
        void (async () => {
          while (!response.destroyed) {
            response.write("x".repeat(100));
            await sleep(1);
          }
        })();
    });
    expect(await fetch(request(web, "/says"))).toEqual(large);
    expect(await fetch(request(web, "/goes-on"))).toEqual(large);
  });

  test("is limited after decompression", async () => {
    const codings = { gzip: gzipSync, "x-gzip": gzipSync, deflate: deflateSync, br: brotliCompressSync };
    const packers = new Map(Object.entries({ ...codings, zstd: zstdCompressSync }));
    const web = await startWebServer((request, response) => {
      const [, coding = "", size] = request.url?.split("/") ?? [];
      const body = packers.get(coding)?.(Buffer.alloc(Number(size), "a"));
      response.writeHead(200, { "content-encoding": coding.toUpperCase() }).end(body);
    });
    const before = process.memoryUsage().rss;
    for (const coding of packers.keys()) {
      expect(await fetch(request(web, `/${coding}/1000`)), coding).toMatchObject({
        bytes: Buffer.alloc(1_000, "a"),
      });
      expect(await fetch(request(web, `/${coding}/1001`)), coding).toEqual(large);
      expect(await fetch(request(web, `/${coding}/20000000`, { maxBytes: 100_000 })), coding).toEqual({
        rejected: "it is larger than 100000 bytes",
      });
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  test("of a doubly or wrongly compressed body is an error", async () => {
    const web = await startWebServer((request, response) =>
      response.writeHead(200, { "content-encoding": request.url?.slice(1) }).end("not gzip"),
    );
    const unknown = { rejected: "its content encoding is not supported" };
    expect(await fetch(request(web, "/gzip,gzip"))).toEqual(unknown);
    expect(await fetch(request(web, "/compress"))).toEqual(unknown);
    expect(await fetch(request(web, "/gzip"))).toEqual({
      rejected: "it is not a public address, or does not answer",
    });
  });
});

test("the body of an unwanted type is not read", async () => {
  const web = await startWebServer((_, response) => {
    response.writeHead(200, { "content-type": "video/mp4; codecs=a" }).flushHeaders();
  });
  expect(await fetch(request(web, "/", { isWantedType: (type) => type.startsWith("image/") }))).toEqual({
    rejected: "its type video/mp4 is not accepted",
  });
});

describe("time", () => {
  const slow = { rejected: "it took longer than 300 ms" };

  test("limits a silent server and an endless one", async () => {
    const web = await startWebServer((request, response) => {
      if (request.url === "/drips") {
        const drip = setInterval(() => response.write("."), 20);
        response.on("close", () => clearInterval(drip));
      }
    });
    expect(await fetch(request(web, "/silent", { timeoutMs: 300 }))).toEqual(slow);
    expect(await fetch(request(web, "/drips", { timeoutMs: 300 }))).toEqual(slow);
  });

  test("limits a silent name server", async () => {
    const fetch = createGuardedFetch({ resolve: () => new Promise(() => {}) });
    const url = "http://slow.test/";
    expect(await fetch(request({ port: 80 }, "/", { url, timeoutMs: 300 }))).toEqual(slow);
  });
});

test("the caller can abort at any time, which closes the connection", async () => {
  const closed = Promise.withResolvers<void>();
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const web = await startWebServer((request, response) => {
    request.socket.on("close", () => closed.resolve());
    response.write("x");
    controller.abort(reason);
  });
  await expect(fetch(request(web, "/", { signal: controller.signal }))).rejects.toBe(reason);
  await closed.promise;
  await expect(fetch(request(web, "/", { signal: controller.signal }))).rejects.toBe(reason);
  expect(web.requests()).toHaveLength(1);
});
