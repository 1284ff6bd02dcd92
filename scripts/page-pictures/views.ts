/** Every view of the page at three widths, light and dark, with the data of the demonstration: for the eyes of a reviewer. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { secret } from "./demo-gateway.ts";

const widths = [360, 800, 1440];
const schemes = ["light", "dark"] as const;

/** The steps in a view before its picture is taken. */
interface View {
  readonly name: string;
  readonly place: string;
  readonly prepare?: (page: Page) => Promise<void>;
}

const ask = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel("Message to the agent").fill(text);
  await page.getByLabel("Message to the agent").press("Enter");
};

const views: readonly View[] = [
  { name: "chat", place: "chat/agent:main:space" },
  { name: "chat-empty", place: "chat/agent:main:nothing-yet" },
  {
    name: "chat-failed-tool",
    place: "chat/agent:main:build",
    async prepare(page) {
      if ((await page.locator("article").count()) === 0) await ask(page, "Why does the build fail?");
      await page.getByText("Two things fail").waitFor();
      await page.waitForTimeout(500);
    },
  },
  {
    name: "chat-running",
    place: "chat/agent:main:watch",
    async prepare(page) {
      await ask(page, "Watch the deployment and say when it is done.");
      await page.getByText("fetch: done").first().waitFor();
      await page.waitForTimeout(500);
    },
  },
  {
    name: "runs",
    place: "runs",
    async prepare(page) {
      await page.waitForTimeout(1_500);
    },
  },
  { name: "sessions", place: "sessions" },
  {
    name: "usage",
    place: "usage",
    async prepare(page) {
      await page.getByText("Whole range").waitFor();
    },
  },
  { name: "models", place: "models" },
  {
    name: "tools",
    place: "tools",
    async prepare(page) {
      await page.getByText("MCP servers").waitFor();
    },
  },
  {
    name: "keys",
    place: "keys",
    async prepare(page) {
      await page.getByText("website").first().waitFor();
    },
  },
  {
    name: "keys-form",
    place: "keys",
    async prepare(page) {
      await page.getByText("Create a key").first().click();
    },
  },
  { name: "config", place: "config" },
  {
    name: "config-editor",
    place: "config",
    async prepare(page) {
      await page.getByText("The file", { exact: true }).click();
      const text = await page.getByRole("textbox", { name: "The file" }).inputValue();
      await page.getByRole("textbox", { name: "The file" }).fill(text.replace('"Travel"', '"Trips"'));
      await page.getByRole("button", { name: "Check", exact: true }).click();
      await page.waitForTimeout(500);
    },
  },
  { name: "logs", place: "logs" },
  { name: "audit", place: "audit" },
  { name: "api", place: "api" },
  {
    name: "api-operation",
    place: "api/getUsage",
    async prepare(page) {
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText("Response").first().waitFor();
    },
  },
  {
    name: "palette",
    place: "chat/agent:main:space",
    async prepare(page) {
      await page.keyboard.press("Control+k");
      await page.waitForTimeout(500);
    },
  },
  {
    name: "menu",
    place: "usage",
    async prepare(page) {
      const menu = page.getByRole("button", { name: "Menu" });
      if (await menu.isVisible()) await menu.click();
    },
  },
];

export async function takeViews(
  browser: Browser,
  url: string,
  folder: string,
  { only, at }: { readonly only?: string | undefined; readonly at?: string | undefined },
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const isWanted = (name: string): boolean => only === undefined || only.split(",").includes(name);
  for (const width of widths.filter((each) => at === undefined || at.split(",").includes(String(each)))) {
    for (const colorScheme of schemes) {
      const viewport = { width, height: width === 360 ? 740 : 900 };
      const context = await browser.newContext({ viewport, colorScheme });
      const page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() === "error") console.error(message.text());
      });
      const take = (name: string) =>
        page.screenshot({
          path: join(folder, `${name}-${width}-${colorScheme}.png`),
          animations: "disabled",
        });
      await page.goto(url);
      await page.getByLabel("Secret of the gateway").waitFor();
      if (isWanted("sign-in")) await take("sign-in");
      if (isWanted("sign-in-wrong")) {
        await page.getByLabel("Secret of the gateway").fill("not the secret");
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.locator(".error:not(:empty)").waitFor();
        await take("sign-in-wrong");
      }
      await page.getByLabel("Secret of the gateway").fill(secret);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.locator("#content").waitFor();
      for (const { name, place, prepare } of views.filter((view) => isWanted(view.name))) {
        await page.goto("about:blank");
        await page.goto(`${url}/#/${place}`);
        await page.locator("#content").waitFor();
        await page.waitForTimeout(700);
        await prepare?.(page).catch((error: unknown) => console.error(name, width, String(error)));
        await take(name);
      }
      await context.close();
    }
  }
}
