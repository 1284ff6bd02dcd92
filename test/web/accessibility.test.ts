import { createRequire } from "node:module";
import type axe from "axe-core";
import { expect, onTestFinished, test } from "vitest";
import { describeWebPage } from "../support/clients/web-page.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";

declare const window: { readonly axe: typeof axe };

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const places = [
  "chat",
  "runs",
  "sessions",
  "usage",
  "models",
  "tools",
  "keys",
  "config",
  "logs",
  "audit",
  "api",
  "api/createChatCompletion",
];

describeWebPage("accessibility", (getBrowser) => {
  test.each([
    { width: 1440, colorScheme: "light" },
    { width: 360, colorScheme: "dark" },
  ] as const)("axe finds no violation at $width px, $colorScheme", async ({ width, colorScheme }) => {
    const { url } = await startTestGateway();
    // The policy of the page would not let axe in.
    const context = await getBrowser().newContext({
      bypassCSP: true,
      viewport: { width, height: 800 },
      colorScheme,
    });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const findViolations = async (): Promise<readonly string[]> => {
      await page.addScriptTag({ path: axePath });
      const { violations } = await page.evaluate(() => window.axe.run());
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    };
    await page.goto(url);
    await page.getByLabel("Secret of the gateway").waitFor();
    expect(await findViolations()).toEqual([]);
    await page.getByLabel("Secret of the gateway").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    const composer = page.getByLabel("Message to the agent");
    await composer.fill('/think Hm.\n/tool exec {"command": "ls"}\nsay **hello** and `code`');
    await composer.press("Enter");
    await page.getByText("tokens in").waitFor();
    for (const place of places) {
      await page.goto(`${url}/#/${place}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect([place, await findViolations()]).toEqual([place, []]);
      // No view is wider than the screen.
      expect(await page.locator("html").evaluate((html) => html.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });
});
