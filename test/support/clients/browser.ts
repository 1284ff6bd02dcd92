/** Launches Chromium, and records the errors and foreign requests of a page. */
import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => existsSync(path),
);

function launchBrowser(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"];
  return chromium.launch({ executablePath: executablePath ?? "", args });
}

/** Describes tests that share one Chromium. They are skipped where it is not installed. */
export function describeInBrowser(title: string, define: (getBrowser: () => Browser) => void): void {
  if (executablePath === undefined)
    console.warn(`Not tested: ${title}. There is no Chromium under /usr/bin.`);
  describe.skipIf(executablePath === undefined)(`${title} (with Chromium of /usr/bin)`, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser();
    });
    afterAll(() => browser?.close());
    define(() => browser);
  });
}

export interface MonitoredPage {
  readonly page: Page;
  /** Errors of the console and of scripts, and requests to other hosts. */
  readonly problems: readonly string[];
}

export async function openPage(browser: Browser, origin: string): Promise<MonitoredPage> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => {
    const url = request.url();
    if (/^(https?|wss?):/.test(url) && !url.startsWith(origin)) problems.push(url);
  });
  return { page, problems };
}
