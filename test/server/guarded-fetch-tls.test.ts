import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { createGuardedFetch } from "../../server/fetch/guarded-fetch.ts";
import { makeCertificate } from "../support/sockets/certificate.ts";
import { treatAsPublic, createResolver } from "../support/documents/web-server.ts";

test("TLS verifies the host name, and a redirect to http is rejected", async ({ skip }) => {
  const certificate = makeCertificate("site.test");
  if (certificate === undefined) return skip("openssl is not installed");
  const authorities = getCACertificates();
  setDefaultCACertificates([...authorities, certificate.cert]);
  onTestFinished(() => setDefaultCACertificates(authorities));
  const names: unknown[] = [];
  const server = createServer(certificate, (request, response) => {
    names.push((request.socket as TLSSocket).servername, request.headers.host);
    if (request.url === "/") response.end("hello");
    else response.writeHead(302, { location: "http://site.test/" }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;

  const fetch = createGuardedFetch({
    policy: treatAsPublic("127.0.0.1"),
    resolve: createResolver(["127.0.0.1"]),
  });
  const get = (url: string): ReturnType<typeof fetch> =>
    fetch({
      url,
      maxBytes: 1_000,
      maxRedirects: 3,
      timeoutMs: 10_000,
      signal: new AbortController().signal,
    });
  expect(await get(`https://site.test:${port}/`)).toMatchObject({ bytes: Buffer.from("hello") });
  expect(await get(`https://site.test:${port}/away`)).toEqual({
    rejected: "it redirects from https to http, which is not secure",
  });
  expect(names).toEqual(["site.test", `site.test:${port}`, "site.test", `site.test:${port}`]);
  const unreachable = { rejected: "it is not a public address, or does not answer" };
  expect(await get(`https://other.test:${port}/`)).toEqual(unreachable);
  expect(await get(`https://127.0.0.1:${port}/`)).toEqual(unreachable);
  expect(names).toHaveLength(4);
});
