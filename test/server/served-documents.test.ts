/** How openapi.yaml, the pages and the other documents are sent: their address, compressed, and 304 when unchanged. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";

/** The most bytes that a first visit may take. */
const maxBytes = 800_000;
const paths = ["/openapi.yaml", "/openapi.json", "/asyncapi.yaml", "/docs", "/docs/socket"];

interface RawResponse {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  /** As it came over the wire. */
  readonly body: Buffer;
}

async function get(
  address: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<RawResponse> {
  const sent = request(address, { headers, method });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

for (const path of paths) {
  test(`${path} is small the first time, and 304 after that`, async () => {
    const address = (await startTestGateway()).url + path;
    const plain = await get(address);
    const br = await get(address, { "accept-encoding": "gzip, deflate, br, zstd" });
    const gzip = await get(address, { "accept-encoding": "gzip, br;q=0" });

    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(br.headers["content-encoding"]).toBe("br");
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(brotliDecompressSync(br.body).equals(plain.body)).toBe(true);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(br.body.length).toBeLessThan(maxBytes);
    expect(gzip.body.length).toBeLessThan(maxBytes);
    expect(br.headers["vary"]).toContain("accept-encoding");

    const etag = br.headers.etag ?? "";
    const again = await get(address, { "accept-encoding": "br", "if-none-match": `"another", ${etag}` });
    expect({ status: again.status, bytes: again.body.length, etag: again.headers.etag }).toEqual({
      status: 304,
      bytes: 0,
      etag,
    });
    console.log(
      `${path}: ${plain.body.length} bytes; first ${br.body.length} (br), ${gzip.body.length} (gzip); then ${again.body.length}`,
    );
  });
}

test("a document names the address that it is asked at; the committed one keeps its own", async () => {
  const { url } = await startTestGateway();
  const host = url.replace("http://127.0.0.1", "localhost");
  const [own, other] = [await get(`${url}/openapi.yaml`), await get(`${url}/openapi.yaml`, { host })];
  expect(own.body.toString()).toContain(`- url: ${url}\n`);
  expect(other.body.toString()).toContain(`- url: http://${host}\n`);
  expect(other.body.toString()).toContain(`curl -sS http://${host}/v1/chat/completions`);
  expect(other.body.toString()).not.toContain("127.0.0.1:18789");
  expect(other.headers.etag).not.toBe(own.headers.etag);
  expect((await get(`${url}/openapi.yaml`, { host, "if-none-match": own.headers.etag ?? "" })).status).toBe(
    200,
  );
  expect(readFileSync(join(packageRoot, "openapi.yaml"), "utf8")).toContain(
    "- url: http://127.0.0.1:18789\n",
  );

  expect((await get(`${url}/docs`, { host })).body.toString()).toContain(`http://${host}/v1/models`);
  expect((await get(`${url}/asyncapi.yaml`, { host })).body.toString()).toContain(`host: ${host}\n`);
});

test("behind a proxy with TLS the address is https", async () => {
  const { url } = await startTestGateway();
  const { body } = await get(`${url}/openapi.yaml`, { "x-forwarded-proto": "https" });
  expect(body.toString()).toContain(`- url: ${url.replace("http", "https")}\n`);
});

test("HEAD has the headers alone", async () => {
  const { url } = await startTestGateway();
  const head = await get(`${url}/openapi.yaml`, {}, "HEAD");
  const { body } = await get(`${url}/openapi.yaml`);
  expect({ status: head.status, length: head.headers["content-length"], bytes: head.body.length }).toEqual({
    status: 200,
    length: String(body.length),
    bytes: 0,
  });
});

test("any number of addresses makes a few versions of a document", async () => {
  const { url } = await startTestGateway();
  const addresses: string[] = [];
  for (let number = 0; number < 60; number += 1) {
    const { status, body } = await get(`${url}/openapi.yaml`, {
      host: `127.0.0.${number}`,
      "x-forwarded-proto": "https",
    });
    expect(status).toBe(200);
    addresses.push(/url: (\S+)/.exec(body.toString())?.[1] ?? "");
  }
  expect(addresses[0]).toBe("https://127.0.0.0");
  expect(addresses.filter((address) => address.startsWith("https:")).length).toBeLessThanOrEqual(20);
  expect(addresses.at(-1)).toBe("http://127.0.0.1:18789");
});
