import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says, type ScriptStep } from "../../contracts/examples/script.ts";
import type { Entry, SessionStore } from "../../server/agent/sessions/store.ts";
import type { Turn } from "../../server/agent/types.ts";
import { createEngine } from "../../server/engine.ts";
import { hasBrowser, launchBrowser } from "../support/clients/browser.ts";
import { buildWebPage, openSignedIn } from "../support/clients/web-page.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

const megabyte = 1_000_000;

/** Paragraphs of this many characters in all, in parts as a provider sends them. */
function paragraphs(characters: number, name: string): readonly ScriptStep[] {
  const line = `${"Words that fill a paragraph of an answer. ".repeat(24)}\n\n`;
  const count = Math.floor(characters / line.length);
  return [...Array.from({ length: count }, () => says(line)), says(`The end of ${name}.`)];
}

describe.skipIf(!hasBrowser)(
  "long conversations (need Chromium under /usr/bin)",
  { timeout: 180_000 },
  () => {
    let browser: Browser;
    beforeAll(async () => {
      buildWebPage();
      browser = await launchBrowser();
    }, 120_000);
    afterAll(() => browser?.close());

    test("a session of 10 000 messages opens at its end, and older ones come page by page", async () => {
      let store: SessionStore | undefined;
      const { url } = await startTestGateway({
        createEngine: async (deps) => {
          const engine = await createEngine(deps);
          ({ store } = engine);
          return engine;
        },
      });
      const entries = Array.from({ length: 10_000 }, (_, index): Entry => {
        const content = [{ type: "text", text: `message number ${index + 1}` }] as const;
        const turn: Turn = { role: index % 2 === 0 ? "user" : "assistant", content };
        return { kind: "turn", runId: `run-${Math.floor(index / 2)}`, turn };
      });
      const owner = { agentId: "main", credential: "operator" };
      const lease = await store?.acquire("agent:main:long", owner, () => entries);
      await lease?.release();

      const { page, problems } = await openSignedIn(browser, url, { place: "#/chat/agent:main:long" });
      await page.getByText("message number 10000", { exact: true }).waitFor();
      const articles = page.locator("article");
      expect(await articles.count()).toBeLessThanOrEqual(100);
      expect(await page.getByText("message number 10000", { exact: true }).isVisible()).toBe(true);
      for (let pages = 2; pages <= 6; pages += 1) {
        await page.getByRole("button", { name: "Older messages" }).click();
        await expect.poll(() => articles.count()).toBeGreaterThan((pages - 1) * 100);
      }
      expect(await page.getByText("message number 9500", { exact: true }).count()).toBe(1);
      expect(problems).toEqual([]);
    });

    test("7 MB in one answer arrive whole, and the page stays usable", async () => {
      const model = createScriptedModel(paragraphs(7 * megabyte, "seven"));
      const { url } = await startTestGateway({ model });
      const { page, ask, composer, problems } = await openSignedIn(browser, url);
      await ask("Write.");
      await page.getByText("The end of seven.").waitFor({ timeout: 120_000 });
      await page.getByText("tokens in").waitFor();
      const length = await page.locator(".markdown").evaluate(({ textContent }) => textContent.length);
      expect(length).toBeGreaterThan(6.9 * megabyte);
      await composer.fill("still here");
      expect(await composer.inputValue()).toBe("still here");
      expect(problems).toEqual([]);
    });
  },
);
