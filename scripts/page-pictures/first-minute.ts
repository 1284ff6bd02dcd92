/** The first minute with the quick start, step by step, as pictures: start, sign in, an answer, a tool. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { packageRoot } from "../../server/lib/package.ts";

const viewport = { width: 860, height: 580 };
const maxColumns = 104;

type SavePicture = (name: string, part: Page | Locator) => Promise<void>;

export async function takeFirstMinute(browser: Browser, save: SavePicture): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), "openclaw-pictures-"));
  const child = spawn(
    process.execPath,
    [join(packageRoot, "scripts/openclaw.ts"), "gateway", "--port", "0"],
    {
      env: { ...process.env, OPENCLAW_STATE_DIR: stateDir, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  let output = "";
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.includes("Try it:") && output.endsWith("\n")) break;
  }
  const url = /^Gateway +(\S+)$/m.exec(output)?.[1] ?? "";
  const context = await browser.newContext({ viewport, deviceScaleFactor: 1.5, colorScheme: "light" });
  const page = await context.newPage();
  await page.setContent(toTerminal(`$ npm start\n${shorten(output, url, stateDir)}`));
  await save("1-start", page.locator("pre"));

  await page.goto(url);
  const secretField = page.getByLabel("Secret of the gateway");
  await secretField.fill(readFileSync(join(stateDir, "gateway-token"), "utf8").trim());
  await save("2-sign-in", page);

  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("builtin/assistant answers.").waitFor();
  await save("3-chat", page);

  const composer = page.getByLabel("Message to the agent");
  await composer.fill("My name is Ada.");
  await composer.press("Enter");
  await page.locator(".footer", { hasText: "tokens in" }).waitFor();
  await composer.fill('/tool exec {"command": "date +%A; ls /etc | head -n 3"}');
  await composer.press("Enter");
  await page.getByText("exec returned").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
  await page.locator(".tool summary").first().click();
  await page.locator(".messages").evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await save("4-answer", page);

  await context.close();
  const exited = once(child, "exit");
  child.kill();
  await exited;
  rmSync(stateDir, { recursive: true, force: true });
}

/** Paths of this machine are replaced by those of a reader. */
const shorten = (output: string, url: string, stateDir: string): string =>
  output
    .replaceAll(stateDir, "/home/ada/openclaw-gateway/.openclaw")
    .replaceAll(packageRoot, "/home/ada/openclaw-gateway")
    .replaceAll(url, "http://127.0.0.1:18789")
    .split("\n")
    .map((line) => (line.length > maxColumns ? `${line.slice(0, maxColumns - 1)}…` : line))
    .join("\n");

const toTerminal = (text: string): string =>
  `<body style="margin:0;background:#1d1f1c;color:#e9e8e3"><pre style="margin:0;padding:20px 24px;font:13px/1.6 monospace">${text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")}</pre>`;
