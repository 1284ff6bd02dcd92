import { describe, expect, test } from "vitest";
import { isPublicAddress } from "../../server/fetch/addresses.ts";
import { createGuardedFetch, type GuardedFetch } from "../../server/fetch/guarded-fetch.ts";
import { anyPort, treatAsPublic, createResolver, startWebServer } from "../support/documents/web-server.ts";

/** Ways to write an address of this machine, as `http://<host>:<port>/`; names lead to 127.0.0.1. */
const hosts = [
  ..."localhost LOCALHOST localhost. LocalHost. a.localhost ｌｏｃａｌｈｏｓｔ loc%61lhost ⓛocalhost".split(
    " ",
  ),
  ..."127.0.0.1 127.0.0.1. 127.1 127.0.1 127.000.000.001 127.9.9.9 127.255.255.254".split(" "),
  ..."0177.0.0.1 0177.1 0177.0.1 017700000001 0177.0.0.01 127.0.0.01 127.00.00.01".split(" "),
  ..."2130706433 2130706433. 127.1. 0x7f000001 0X7F000001 0x7f.0.0.1 0x7F.1 0x7f.0.1".split(" "),
  ..."0x7f.0x0.0x0.0x1 127.0x1 127.0.0x1 0x7f.00.0.01 0x00007f.1 0177.0x0.1".split(" "),
  ..."１２７.０.０.１ ①②⑦.⓪.⓪.① 127。0。0。1 127．0．0．1 127｡0｡0｡1 𝟙𝟚𝟟.0.0.1".split(" "),
  ..."%31%32%37.0.0.1 127%2e0%2e0%2e1 %30x7f.1 127.0.0.%31 0%78%37f.1".split(" "),
  ..."0 0. 00 0x0 0x 0.0 0.0.0 0.0.0.0 000.000.000.000 0000000000 0x00000000".split(" "),
  ..."[::] [::0] [0:0:0:0:0:0:0:0] [::0.0.0.0] [::ffff:0.0.0.0] [::ffff:0:0]".split(" "),
  ..."[::1] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::0:1] [0::1]".split(" "),
  ..."[::0.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::FFFF:7F00:0001] [0:0:0:0:0:ffff:7f00:1]".split(" "),
  ..."[::127.0.0.1] [::7f00:1] [::ffff:0:127.0.0.1] [::ffff:127.1.2.3]".split(" "),
  ..."[64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::]".split(" "),
  ..."[2001:0:4136:e378:8000:63bf:80ff:fffe] [fe80::1] [::ffff:169.254.169.254]".split(" "),
];

const spellings = (port: number): readonly string[] => [
  ...hosts.map((host) => `http://${host}:${port}/`),
  `HTTP://127.0.0.1:${port}/`,
  `http:127.0.0.1:${port}/`,
  `http:/127.0.0.1:${port}/`,
  `http:////127.0.0.1:${port}/`,
  `http:\\\\127.0.0.1:${port}\\`,
  `ht\ntp://127.\t0.0.1:${port}/`,
  `  http://127.0.0.1:${port}/\u0000 `,
  `http://127.0.0.1:0${port}/`,
  `http://127.0.0.1:${port}#@example.com/`,
  `http://127.0.0.1:${port}\\@example.com/`,
  `http://example.com@127.0.0.1:${port}/`,
  `http://example.com:80@127.0.0.1:${port}/`,
  `http://@127.0.0.1:${port}/`,
  `//127.0.0.1:${port}/`,
  `file:///etc/passwd`,
  `ftp://127.0.0.1:${port}/`,
  `gopher://127.0.0.1:${port}/`,
  `data:text/plain,hello`,
];

const limits = { maxBytes: 1_000, maxRedirects: 3, timeoutMs: 5_000 };
const get = (fetch: GuardedFetch, url: string): ReturnType<GuardedFetch> =>
  fetch({ ...limits, url, signal: new AbortController().signal });

const unreachable = { rejected: "it is not a public address, or does not answer" };

describe("this machine cannot be reached", () => {
  test("by any spelling of its address", async () => {
    const web = await startWebServer((_, response) => response.end("inside"));
    const all = spellings(web.port);
    expect(all.length).toBeGreaterThan(100);

    const guarded = createGuardedFetch({ policy: anyPort, resolve: createResolver(["127.0.0.1"]) });
    for (const url of all) expect(await get(guarded, url), url).toHaveProperty("rejected");
    expect(web.connections()).toEqual([]);

    // The same addresses without the guard, so that the silence above means something.
    const open = createGuardedFetch({
      policy: { isAllowedAddress: () => true, isAllowedPort: () => true },
      resolve: createResolver(["127.0.0.1"]),
    });
    for (const url of all.filter((each) => !/\[(2|6|fe|::ffff:0:1|::1?2?7)/.test(each))) await get(open, url);
    expect(web.requests().length).toBeGreaterThan(60);
  });

  test("through a redirect in any spelling", async ({ skip }) => {
    skip(process.platform === "darwin", "only 127.0.0.1 is a loopback address on macOS");
    const targets = new Map<string, string>();
    const web = await startWebServer((request, response) => {
      const location = targets.get(request.url ?? "");
      if (location === undefined) response.end("inside");
      else response.writeHead(302, { location }).end();
    });
    const fetch = createGuardedFetch({
      policy: treatAsPublic("127.0.0.2"),
      resolve: createResolver(["127.0.0.1"]),
    });
    for (const [index, to] of spellings(web.port).entries()) {
      // What a header cannot hold comes percent-encoded.
      targets.set(`/${index}`, encodeURI(to.replaceAll(/\s/g, "")).replaceAll("%25", "%"));
      const result = await get(fetch, `http://127.0.0.2:${web.port}/${index}`);
      if (!("rejected" in result)) expect(new URL(result.url).hostname, to).toBe("127.0.0.2");
    }
    expect(web.requests().length).toBeGreaterThan(100);
    expect(new Set(web.connections())).toEqual(new Set(["127.0.0.2"]));
  });

  test("by a name that resolves to it, alone or with a public address", async ({ skip }) => {
    skip(process.platform === "darwin", "only 127.0.0.1 is a loopback address on macOS");
    const web = await startWebServer((_, response) => response.end("inside"));
    const policy = treatAsPublic("127.0.0.2");
    for (const addresses of [["127.0.0.1"], ["::1"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.2", "::1"]]) {
      const fetch = createGuardedFetch({ policy, resolve: createResolver(addresses) });
      expect(await get(fetch, `http://inside.test:${web.port}/`)).toEqual(unreachable);
    }
    expect(web.connections()).toEqual([]);
  });

  test("by DNS rebinding", async ({ skip }) => {
    skip(process.platform === "darwin", "only 127.0.0.1 is a loopback address on macOS");
    const web = await startWebServer((request, response) => {
      if (request.url === "/") response.end("public");
      else response.writeHead(302, { location: "/" }).end();
    });
    const policy = treatAsPublic("127.0.0.2");

    const resolve = createResolver(["127.0.0.2"], ["127.0.0.1"]);
    const once = await get(createGuardedFetch({ policy, resolve }), `http://rebind.test:${web.port}/`);
    expect(once).toMatchObject({ status: 200 });
    expect(resolve.names).toEqual(["rebind.test"]);

    const again = createResolver(["127.0.0.2"], ["127.0.0.1"]);
    const redirected = await get(
      createGuardedFetch({ policy, resolve: again }),
      `http://rebind.test:${web.port}/away`,
    );
    expect(redirected).toEqual(unreachable);
    expect(again.names).toHaveLength(2);
    expect(web.connections()).toEqual(["127.0.0.2", "127.0.0.2"]);
  });
});

test("a rejection does not distinguish an internal address, a closed port and an unresolvable name", async () => {
  const web = await startWebServer((_, response) => response.end("inside"));
  const fetch = createGuardedFetch({ policy: anyPort, resolve: createResolver([]) });
  const closed = createGuardedFetch({ policy: treatAsPublic("127.0.0.1") });
  expect(await get(fetch, `http://127.0.0.1:${web.port}/`)).toEqual(unreachable);
  expect(await get(fetch, "http://127.0.0.1:9/")).toEqual(unreachable);
  expect(await get(fetch, "http://nowhere.test/")).toEqual(unreachable);
  expect(await get(closed, "http://127.0.0.1:9/")).toEqual(unreachable);
});

test("globally reachable addresses are public, also through NAT64", () => {
  const addresses = [
    "8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 223.255.255.254",
    "2606:4700::1111 2a00:1450:4001::1 64:ff9b::808:808 ::ffff:8.8.8.8 2400:cb00::1",
  ].flatMap((line) => line.split(" "));
  expect(addresses.filter((address) => !isPublicAddress(address))).toEqual([]);
});

test("special-purpose and malformed addresses are not public", () => {
  const addresses = [
    "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 169.254.169.254 172.16.0.1 172.31.255.255",
    "192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1",
    "203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255",
    ":: ::1 ::7f00:1 ::8.8.8.8 ::ffff:10.0.0.1 ::ffff:0:808:808 64:ff9b::a00:1 64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808 100::1 2001::1 2001:2::1 2001:10::1 2001:db8::1 2002:808:808::1 2002:7f00:1::1",
    "3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 2606:4700::1111%eth0 fec0::1 ff02::1",
    "127.1 0x7f.1 2130706433 localhost example.com",
  ].flatMap((line) => line.split(" "));
  expect(addresses.filter(isPublicAddress)).toEqual([]);
});
