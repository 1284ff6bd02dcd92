/** Opens the page for people in Chromium, signed in. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { beforeAll, onTestFinished } from "vitest";
import { packageRoot } from "../../../server/lib/package.ts";
import { token } from "../gateway/gateway.ts";
import { describeInBrowser, openPage, type MonitoredPage } from "./browser.ts";

/** Builds the page where it is stale. */
export function buildWebPage(): void {
  execFileSync(process.execPath, [join(packageRoot, "scripts/web-page.ts"), "--if-stale"]);
}

/** Describes tests of the page in Chromium. */
export const describeWebPage: typeof describeInBrowser = (title, define) =>
  describeInBrowser(title, (getBrowser) => {
    beforeAll(buildWebPage);
    define(getBrowser);
  });

export interface SignedInPage extends MonitoredPage {
  readonly composer: Locator;
  /** Sends a message. */
  ask(text: string): Promise<void>;
  /** What the page shows of the conversation. */
  readText(): Promise<string>;
}

interface SignInOptions {
  readonly credential?: string;
  readonly place?: string;
}

export async function openSignedIn(
  browser: Browser,
  url: string,
  { credential = token, place = "" }: SignInOptions = {},
): Promise<SignedInPage> {
  const monitored = await openPage(browser, url);
  const { page } = monitored;
  onTestFinished(() => page.close());
  await page.goto(`${url}/${place}`);
  await signIn(page, credential);
  const composer = page.getByLabel("Message to the agent");
  return {
    ...monitored,
    composer,
    async ask(text) {
      await composer.fill(text);
      await composer.press("Enter");
    },
    readText: () => page.getByRole("region", { name: "Chat" }).innerText(),
  };
}

export async function signIn(page: Page, credential: string): Promise<void> {
  await page.getByLabel("Secret of the gateway").fill(credential);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Menu" }).waitFor();
}
