/** A real Chromium, where there is one, and what a page in it complains about and asks for. */
import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => existsSync(path),
);

export const hasBrowser: boolean = executablePath !== undefined;

export function launchBrowser(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"];
  return chromium.launch({ executablePath: executablePath ?? "", args });
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors of the console and of scripts, and addresses on other hosts that were asked for. */
  readonly complaints: readonly string[];
}

export async function openPage(browser: Browser, origin: string): Promise<WatchedPage> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    const address = request.url();
    if (/^(https?|wss?):/.test(address) && !address.startsWith(origin)) complaints.push(address);
  });
  return { page, complaints };
}
