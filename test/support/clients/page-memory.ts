/** The memory of a page in Chromium: its live objects, and its process. */
import { readResidentMegabytes } from "../../../bench/measure.ts";
import type { Page } from "playwright-core";

export interface PageMemory {
  /** Live JavaScript objects after a garbage collection. */
  readonly heapMegabytes: number;
  /** Resident memory of the renderer's process. */
  readonly processMegabytes: number;
}

/** Measures after a garbage collection. The page must be the only large one of its browser. */
export async function measurePageMemory(page: Page): Promise<PageMemory> {
  const browser = page.context().browser();
  if (browser === null) throw new Error("The page has no browser.");
  const session = await page.context().newCDPSession(page);
  const browserSession = await browser.newBrowserCDPSession();
  try {
    await session.send("HeapProfiler.enable");
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    const { processInfo } = await browserSession.send("SystemInfo.getProcessInfo");
    const sizes = processInfo
      .filter(({ type }) => type === "renderer")
      .map(({ id }) => readResidentMegabytes(id));
    return { heapMegabytes: usedSize / 1e6, processMegabytes: Math.max(...sizes) };
  } finally {
    await session.detach();
    await browserSession.detach();
  }
}
