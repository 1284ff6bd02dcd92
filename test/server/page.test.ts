import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { checkReferences } from "../../server/config/references.ts";
import { buildWebPage } from "../support/clients/web-page.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { movedPath } from "../support/gateway/declared-answer.ts";
import { sendRawRequest } from "../support/sockets/raw-http.ts";

beforeAll(buildWebPage);

const accept = "text/html,application/xhtml+xml,*/*;q=0.8";
const getPage = (url: string, path = "/"): Promise<Response> => fetch(url + path, { headers: { accept } });

test("a browser gets the page at /, in one file of at most 150 KB compressed", async () => {
  const { url } = await startTestGateway();
  const response = await getPage(url);
  const html = await response.text();
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(html).not.toMatch(/<(script|link|img)[^>]* (src|href)="(?!data:)/);
  expect(gzipSync(html).length).toBeLessThan(150_000);
  expect(
    (await fetch(url, { headers: { accept, "if-none-match": response.headers.get("etag") ?? "" } })).status,
  ).toBe(304);
});

test("its policy allows its own script and style by hash, its own origin, and texts as HTML only through the sanitizer", async () => {
  const { url } = await startTestGateway();
  const policy = (await getPage(url)).headers.get("content-security-policy") ?? "";
  expect(policy.replaceAll(/sha256-[\w+/]+=*/g, "sha256").split("; ")).toEqual([
    "default-src 'none'",
    "script-src 'sha256'",
    "style-src 'sha256'",
    "img-src data: blob:",
    "connect-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types dompurify",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]);
});

test.each([undefined, "application/json", "*/*"])(
  "a program that accepts %s gets a 404 as JSON",
  async (accepted) => {
    const { url } = await startTestGateway();
    const response = await fetch(url, accepted === undefined ? {} : { headers: { accept: accepted } });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: "not_found" } });
  },
);

test("controlUi.enabled turns it off", async () => {
  const { url } = await startTestGateway({ config: { gateway: { controlUi: { enabled: false } } } });
  const response = await getPage(url);
  expect([response.status, await response.json()]).toMatchObject([
    404,
    { error: { code: "endpoint_disabled", message: expect.stringContaining("gateway.controlUi.enabled") } },
  ]);
});

test("a gateway that listens beyond loopback serves it when it is turned on", async () => {
  const lan = await startTestGateway({ host: "0.0.0.0" });
  const on = await startTestGateway({
    host: "0.0.0.0",
    config: { gateway: { controlUi: { enabled: true } } },
  });
  const local = ({ url }: { readonly url: string }): string => url.replace("0.0.0.0", "127.0.0.1");
  expect((await getPage(local(lan))).status).toBe(404);
  expect((await getPage(local(on))).status).toBe(200);
});

test("controlUi.basePath moves it", async () => {
  const { url } = await startTestGateway({ config: { gateway: { controlUi: { basePath: movedPath } } } });
  const get = (path: string): ReturnType<typeof sendRawRequest> =>
    sendRawRequest(url, [`GET ${path} HTTP/1.1`, `Host: ${new URL(url).host}`, `Accept: ${accept}`]);
  expect((await get(movedPath)).status).toBe(200);
  expect((await get("/")).status).toBe(404);
});

test("controlUi.basePath cannot be a path of the API", () => {
  const issues: string[] = [];
  const tree = { gateway: { controlUi: { basePath: "/docs" } } };
  checkReferences(tree, (path, message) => void issues.push(`${path.join(".")} ${message}`));
  expect(issues).toEqual(['gateway.controlUi.basePath is a path of the API: "/docs"']);
});
