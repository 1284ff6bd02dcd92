/**
 * `npm run pictures`: the pictures of the page in README and docs/guides/page.md, from a gateway with demonstration data.
 * `-- --views FOLDER [--only NAMES] [--at WIDTHS]`: every view at three widths, light and dark, for a reviewer.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import { packageRoot } from "../server/lib/package.ts";
import { secret, startDemoGateway } from "./page-pictures/demo-gateway.ts";
import { takeFirstMinute } from "./page-pictures/first-minute.ts";
import { toIndexedPng } from "./page-pictures/indexed-png.ts";
import { takeViews } from "./page-pictures/views.ts";

const folder = join(packageRoot, "docs/images");
const { values: flags } = parseArgs({
  options: { views: { type: "string" }, only: { type: "string" }, at: { type: "string" } },
});
const gateway = await startDemoGateway();
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
if (flags.views === undefined) {
  mkdirSync(folder, { recursive: true });
  await takeFront(browser);
  await takeFirstMinute(browser, (name, page) => save(`page-${name}`, page));
} else await takeViews(browser, gateway.url, flags.views, flags);
await browser.close();
await gateway.stop();

async function save(name: string, part: Page | Locator): Promise<void> {
  const picture = await toIndexedPng(await part.screenshot({ animations: "disabled", caret: "hide" }));
  writeFileSync(join(folder, `${name}.png`), picture);
  console.log(`docs/images/${name}.png ${Math.ceil(picture.length / 1000)} kB`);
}

/** The picture that README begins with. */
async function takeFront(opened: Browser): Promise<void> {
  const viewport = { width: 1180, height: 720 };
  const context = await opened.newContext({ viewport, deviceScaleFactor: 1.5, colorScheme: "light" });
  const page = await context.newPage();
  await page.goto(`${gateway.url}/#/chat/agent:main:space`);
  await page.getByLabel("Secret of the gateway").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator(".tool summary").first().click();
  await page.locator("h1").click();
  await save("page", page);
  await context.close();
}
