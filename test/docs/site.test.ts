/** Checks the site of `npm run docs`: its links, and its pages in a browser, served under a base path. */
import { execFile } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { describeInBrowser, openPage } from "../support/clients/browser.ts";

const base = "/manual/";
const folder = mkdtempSync(join(tmpdir(), "gateway-site-"));

beforeAll(async () => {
  const script = join(packageRoot, "scripts/docs.ts");
  await promisify(execFile)(process.execPath, [script, "--out", folder, "--base", base]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const pages = (): readonly string[] => globSync("**/*.html", { cwd: folder });
const html = (page: string): string => readFileSync(join(folder, page), "utf8");

test("every document is a page, and the reference and openapi.yaml are there", () => {
  expect(pages()).toEqual(
    expect.arrayContaining([
      "index.html",
      "guides/first-steps.html",
      "architecture.html",
      "security.html",
      "readme.html",
      "typescript-client.html",
      "reference/index.html",
    ]),
  );
  expect(readFileSync(join(folder, "openapi.yaml"))).toEqual(readFileSync(join(packageRoot, "openapi.yaml")));
});

test("every page is in the menu", () => {
  const menu = html("index.html");
  const missing = pages()
    .filter((page) => !/^(index|404)\.html$/.test(page))
    .filter((page) => !menu.includes(`href="${base}${page}"`));
  expect(missing).toEqual([]);
});

test("links lead to pages and headings of the site", () => {
  const brokenLinks = pages()
    .filter((page) => !page.startsWith("reference/"))
    .flatMap((page) =>
      [...html(page).matchAll(/<a [^>]*href="([^"]*)"/g)]
        .map(([, link = ""]) => link)
        .filter((link) => !hasTarget(page, link))
        .map((link) => `${page}: ${link}`),
    );
  expect(brokenLinks).toEqual([]);
});

function hasTarget(from: string, link: string): boolean {
  if (/^https?:/.test(link)) return true;
  const { pathname, hash } = new URL(link, `http://site${base}${from}`);
  if (!pathname.startsWith(base)) return false;
  const path = pathname.slice(base.length);
  const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  if (!existsSync(join(folder, file))) return false;
  return hash === "" || html(file).includes(`id="${decodeURIComponent(hash.slice(1))}"`);
}

describeInBrowser("in a browser", (getBrowser) => {
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    server = createServer(({ url = "" }, response) => {
      const path = join(folder, new URL(url, "http://site").pathname.replace(base, "/"));
      const file = path.endsWith("/") ? `${path}index.html` : path;
      if (!existsSync(file)) return void response.writeHead(404).end();
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
      return void response.end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server?.close());

  test("the pages open without a complaint and without another host", async () => {
    const { page, problems } = await openPage(getBrowser(), origin);
    for (const path of pages().filter((path) => !/^(404|decisions)/.test(path))) {
      await page.goto(`${origin}${base}${path}`);
      await page.locator("h1").first().waitFor();
    }
    expect(problems).toEqual([]);
  });

  test("the search finds what is looked for", async () => {
    const { page, problems } = await openPage(getBrowser(), origin);
    await page.goto(`${origin}${base}`);
    await page.getByRole("button", { name: "Search" }).first().click();
    await page.locator("#localsearch-input").fill("conversations");
    await page.locator('#localsearch-list a[href*="guides/sessions.html"]').first().click();
    await page.getByRole("heading", { name: "Conversations", level: 1 }).waitFor();
    expect(problems).toEqual([]);
  });

  test("the menu leads to the reference", async () => {
    const { page, problems } = await openPage(getBrowser(), origin);
    await page.setViewportSize({ width: 1400, height: 900 });
    await page.goto(`${origin}${base}guides/streaming.html`);
    await page.getByRole("link", { name: "API reference" }).first().click();
    await page.waitForURL("**/reference/index.html");
    await page.getByText("A self-hosted gateway").first().waitFor();
    expect(problems).toEqual([]);
  });
});

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".woff2": "font/woff2",
  ".yaml": "application/yaml",
};
