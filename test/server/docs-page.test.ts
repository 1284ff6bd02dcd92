import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => existsSync(path),
);
if (browserPath === undefined)
  console.warn("The documentation page is not tested: there is no Chromium under /usr/bin.");

beforeAll(() => {
  execFileSync(process.execPath, [join(packageRoot, "scripts/docs.ts"), "--if-stale"]);
}, 120_000);

test("/docs is one page whose policy allows only its own scripts", async () => {
  const { url } = await startTestGateway();
  const response = await fetch(`${url}/docs`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toMatch(/script-src 'sha256-[\w+/=]+'/);
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
});

describe.skipIf(browserPath === undefined)("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"];
    browser = await chromium.launch({ executablePath: browserPath ?? "", args });
  }, 60_000);
  afterAll(() => browser?.close());

  test(
    "/docs shows the operations, finds what is searched for, and asks no other host",
    { timeout: 60_000 },
    async () => {
      const { url } = await startTestGateway();
      const page = await browser.newPage();
      const complaints: string[] = [];
      const requested: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("request", (request) => requested.push(request.url()));

      await page.goto(`${url}/docs`);
      expect(await page.title()).toContain("OpenClaw");
      await page.getByText("Chat", { exact: true }).first().click();
      await page.getByRole("heading", { name: "Ask an agent" }).first().waitFor();
      await page.getByText("/v1/chat/completions").first().waitFor();

      await page.getByText("Search").first().click();
      await page.getByPlaceholder(/search/i).fill("session key");
      await page.getByRole("link").filter({ hasText: "x-openclaw-session-key" }).first().waitFor();

      expect(complaints).toEqual([]);
      expect(
        requested.filter((address) => /^(https?|wss?):/.test(address) && !address.startsWith(url)),
      ).toEqual([]);
    },
  );
});
