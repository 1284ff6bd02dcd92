/**
 * `npm run bench -- --only page`: the page for people in Chromium, with a gateway of its own. Bytes, times until something is seen
 * and until a message can be written, frames while scrolling, and memory after a long stream.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium, type Browser, type Page } from "playwright-core";
import { freePort } from "./free-port.ts";
import { median } from "./statistics.ts";

declare const performance: {
  now(): number;
  getEntriesByName(name: string): readonly { readonly startTime: number }[];
};

const root = join(import.meta.dirname, "..");
const secret = "bench-secret-0123456789abcdef";
const scrolledMessages = 600;
const paintLoads = 9;

export async function measurePage(streamSeconds: number): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "openclaw-bench-page-"));
  const gateway = await startGateway(folder);
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const bytes = gzipSync(readFileSync(join(root, "dist/web/index.html"))).length;
    const paint = await measureFirstPaint(browser, gateway.url);
    const page = await browser.newPage();
    await page.goto(gateway.url);
    const chatMs = await measureChat(page);
    await storeSession(gateway.url);
    const frame = await measureScrolling(page, gateway.url);
    const megabytes = await measureStream(page, gateway.url, streamSeconds);
    return [
      `page, gzipped                                  ${(bytes / 1000).toFixed(1)} kB`,
      `first paint                                    ${paint.page.toFixed(0)} ms`,
      `first paint of a page of one word              ${paint.word.toFixed(0)} ms`,
      `sign-in to a chat that takes a message         ${chatMs.toFixed(0)} ms`,
      `slowest frame in 20, scrolling ${scrolledMessages} messages     ${frame.toFixed(1)} ms`,
      `JavaScript heap after ${String(streamSeconds).padStart(3)} s of stream           ${megabytes.toFixed(1)} MB`,
    ];
  } finally {
    await browser.close();
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startGateway(folder: string) {
  const port = await freePort();
  const configPath = join(folder, "openclaw.json");
  mkdirSync(join(folder, "state"));
  const endpoints = { chatCompletions: { enabled: true } };
  writeFileSync(configPath, JSON.stringify({ gateway: { port, http: { endpoints } } }));
  const child = spawn(process.execPath, [join(root, "cli/main.ts"), "gateway"], {
    stdio: "ignore",
    env: {
      ...process.env,
      OPENCLAW_CONFIG_PATH: configPath,
      OPENCLAW_STATE_DIR: join(folder, "state"),
      OPENCLAW_GATEWAY_TOKEN: secret,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error("The gateway does not start.");
    if (
      await fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    async stop() {
      child.kill();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** Resolves to the median first paint of the page, and of a page of one word. They are loaded in turn, each time in a new context. */
async function measureFirstPaint(browser: Browser, url: string): Promise<{ page: number; word: number }> {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html").end("<!doctype html><title>Word</title><p>Word</p>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const wordUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const times: Record<"page" | "word", number[]> = { page: [], word: [] };
  for (let load = 0; load < paintLoads; load += 1) {
    times.word.push(await readFirstPaint(browser, wordUrl));
    times.page.push(await readFirstPaint(browser, url));
  }
  server.close();
  return { page: median(times.page), word: median(times.word) };
}

async function readFirstPaint(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  const paint = await page.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  );
  const startedAt = Number(await paint.jsonValue());
  await context.close();
  return startedAt;
}

async function measureChat(page: Page): Promise<number> {
  await page.getByLabel("Secret of the gateway").fill(secret);
  const startedAt = performance.now();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Message to the agent").waitFor();
  return performance.now() - startedAt;
}

async function storeSession(url: string): Promise<void> {
  const messages = Array.from({ length: scrolledMessages - 1 }, (_, index) => ({
    role: index % 2 === 0 ? "user" : "assistant",
    content: `Message ${index + 1}: **bold**, \`code\` and a list.\n\n- one\n- two\n- three`,
  }));
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${secret}`,
      "content-type": "application/json",
      "x-openclaw-session-key": "long",
    },
    body: JSON.stringify({ model: "openclaw", messages }),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** Resolves to the 95th percentile of the frame times, in milliseconds. */
async function measureScrolling(page: Page, url: string): Promise<number> {
  await page.goto(`${url}/#/chat/agent:main:long`);
  await page.locator("article").nth(50).waitFor();
  const frames = await page.evaluate<number[]>(`new Promise((resolve) => {
    const list = document.querySelector(".messages");
    const times = [];
    let last = performance.now();
    const step = (now) => {
      times.push(now - last);
      last = now;
      list.scrollTop -= 400;
      if (list.scrollTop > 0 && times.length < 1000) requestAnimationFrame(step);
      else resolve(times);
    };
    requestAnimationFrame(step);
  })`);
  return frames.toSorted((a, b) => a - b)[Math.floor(frames.length * 0.95)] ?? NaN;
}

async function measureStream(page: Page, url: string, seconds: number): Promise<number> {
  await page.goto(`${url}/#/chat/agent:main:stream`);
  const composer = page.getByLabel("Message to the agent");
  await composer.fill(`/slow 20ms\n/length ${seconds * 100}`);
  await composer.press("Enter");
  await page.locator("article.run .markdown").waitFor();
  await page.waitForTimeout(seconds * 1_000);
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize / 1e6;
}
