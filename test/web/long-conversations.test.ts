import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { calls, says, type ScriptStep } from "../../contracts/examples/script.ts";
import type { Entry, SessionStore } from "../../server/agent/sessions/store.ts";
import type { Turn } from "../../server/agent/types.ts";
import { createEngine } from "../../server/engine.ts";
import { measurePageMemory } from "../support/clients/page-memory.ts";
import { describeWebPage, openSignedIn } from "../support/clients/web-page.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { createModelSequence, createScriptedModel } from "../support/providers/scripted-model.ts";

declare const requestAnimationFrame: (callback: (time: unknown) => void) => number;

const megabyte = 1_000_000;

/** Paragraphs of this many characters in all, in parts as a provider sends them. */
function paragraphs(characters: number, name: string): readonly ScriptStep[] {
  const line = `${"Words that fill a paragraph of an answer. ".repeat(24)}\n\n`;
  const count = Math.floor(characters / line.length);
  return [...Array.from({ length: count }, () => says(line)), says(`The end of ${name}.`)];
}

/** Waits until the last text of the page ends so. A search in the page builds the text of each element, which takes longer. */
const waitForEnd = (page: Page, end: string): Promise<void> =>
  expect
    .poll(
      () =>
        page
          .locator(".group:last-child > div:last-child")
          .last()
          .evaluate(({ textContent }, text) => textContent.trim().endsWith(text), end),
      { interval: 200 },
    )
    .toBe(true);

/** The messages of a conversation in the document at most. */
const maxArticles = 150;

/** Scrolls up, and resolves to how far a message has moved beyond the distance, in pixels. */
const scrollUp = (list: Locator, distance: number): Promise<number> =>
  list.evaluate(async (element, pixels) => {
    const article = [...element.querySelectorAll("article")].find(
      (each) => each.getBoundingClientRect().bottom > 100,
    );
    const readTop = (): number => article?.getBoundingClientRect().top ?? NaN;
    const [top, possible] = [readTop(), Math.min(pixels, element.scrollTop)];
    element.scrollBy(0, -pixels);
    for (let frame = 0; frame < 3; frame += 1) await new Promise<unknown>(requestAnimationFrame);
    return readTop() - top - possible;
  }, distance);

describeWebPage("long conversations", (getBrowser) => {
  test("a session of 10 000 messages opens at its end and is read to its beginning, with few of them in the document", async () => {
    let store: SessionStore | undefined;
    const { url } = await startTestGateway({
      createEngine: async (deps) => {
        const engine = await createEngine(deps);
        ({ store } = engine);
        return engine;
      },
    });
    const entries = Array.from({ length: 10_000 }, (_, index): Entry => {
      const isQuestion = index % 2 === 0;
      const more = isQuestion ? "" : "\n\nMore words.".repeat(index % 7);
      const content = [{ type: "text", text: `message number ${index + 1}${more}` }] as const;
      const turn: Turn = { role: isQuestion ? "user" : "assistant", content };
      return { kind: "turn", runId: `run-${Math.floor(index / 2)}`, turn };
    });
    const owner = { agentId: "main", credential: "operator" };
    const lease = await store?.acquire("agent:main:long", owner, () => entries);
    await lease?.release();

    const { page, problems } = await openSignedIn(getBrowser(), url, { place: "#/chat/agent:main:long" });
    const list = page.getByRole("region", { name: "Chat" });
    const articles = list.getByRole("article");
    const message = (number: number): Locator => list.getByText(`message number ${number}`, { exact: true });
    await message(10_000).waitFor();
    const scrollToTop = (): Promise<void> =>
      list.evaluate(async (element) => {
        element.scrollTo(0, 0);
        await new Promise<unknown>(requestAnimationFrame);
      });
    expect(await articles.count()).toBeLessThanOrEqual(maxArticles);
    expect(await message(10_000).isVisible()).toBe(true);

    // The messages move as far as the reader scrolls, also while others are added and removed.
    for (let turn = 0; (await message(10_000).count()) > 0; turn += 1) {
      expect(turn).toBeLessThan(1_000);
      expect(Math.abs(await scrollUp(list, 600))).toBeLessThan(2);
    }

    for (let pages = 0; !(await message(1).isVisible()); pages += 1) {
      expect(pages).toBeLessThan(1_000);
      await scrollToTop();
      expect(await articles.count()).toBeLessThanOrEqual(maxArticles);
    }
    const { heapMegabytes } = await measurePageMemory(page);
    expect(heapMegabytes).toBeLessThan(100);
    await page.getByRole("button", { name: "Newest messages" }).click();
    await message(10_000).waitFor();
    expect(await articles.count()).toBeLessThanOrEqual(maxArticles);
    expect(problems).toEqual([]);
  });

  test("7 MB in one answer arrive whole, also after a reload, and the page stays usable", async () => {
    const model = createScriptedModel(paragraphs(7 * megabyte, "seven"));
    const { url } = await startTestGateway({ model });
    const { page, ask, composer, problems } = await openSignedIn(getBrowser(), url);
    await ask("Write.");
    await waitForEnd(page, "The end of seven.");
    await page.locator(".footer", { hasText: "tokens in" }).waitFor();
    const readLength = (): Promise<number> =>
      page.locator(".markdown").evaluate(({ textContent }) => textContent.length);
    expect(await readLength()).toBeGreaterThan(6.9 * megabyte);
    await page.reload();
    await page.getByRole("button", { name: "Show the complete text" }).click();
    await waitForEnd(page, "The end of seven.");
    expect(await readLength()).toBeGreaterThan(6.9 * megabyte);
    await composer.fill("still here");
    expect(await composer.inputValue()).toBe("still here");
    expect(problems).toEqual([]);
  });

  test("20 MB over several steps are shown whole, and their memory is bounded", async () => {
    const step = (number: number): readonly ScriptStep[] => [
      ...paragraphs(4 * megabyte, `step ${number}`),
      ...(number < 5 ? [calls(`call_${number}`, "exec", '{"command":"echo done"}')] : []),
    ];
    const { model } = createModelSequence(...[1, 2, 3, 4, 5].map(step));
    // A new browser reads more slowly than this model writes: with less room it would be disconnected.
    const { url } = await startTestGateway({ model, socketLimits: { maxBufferedBytes: 64 * megabyte } });
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    await ask("Write.");
    await waitForEnd(page, "The end of step 5.");
    await page.locator(".footer", { hasText: "tokens in" }).waitFor();
    expect(await page.locator(".error").allTextContents()).toEqual([]);
    const lengths = await page
      .locator(".markdown")
      .evaluateAll((texts) => texts.map(({ textContent }) => textContent.length));
    expect(lengths.map((length) => length > 3.9 * megabyte)).toEqual([true, true, true, true, true]);
    // Ten times the measured heap, and four times the measured size of the process.
    const { heapMegabytes, processMegabytes } = await measurePageMemory(page);
    expect(heapMegabytes).toBeLessThan(270);
    expect(processMegabytes).toBeLessThan(2_000);
    expect(problems).toEqual([]);
  });
});
