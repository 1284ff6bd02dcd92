import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describeWebPage, openSignedIn } from "../support/clients/web-page.ts";
import { createKey } from "../support/gateway/keys.ts";
import { chatConfig, createChatBody, postChat, startTestGateway } from "../support/gateway/gateway.ts";

describeWebPage("administration in the page", (getBrowser) => {
  const readDownload = async (page: Page, button: string): Promise<string> => {
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: button }).click(),
    ]);
    return readFileSync(await saved.path(), "utf8");
  };

  test("usage: plots with the values of a day, sums by model and key, CSV", async () => {
    const { url } = await startTestGateway();
    await postChat(url, createChatBody("say hello"));
    const { page, problems } = await openSignedIn(getBrowser(), url, { place: "#/usage" });
    const total = page.getByRole("row", { name: /Whole range/ });
    await total.waitFor();
    expect(await total.getByRole("cell").first().innerText()).toBe("1");
    await page.getByLabel("Key", { exact: true }).check();
    await page.getByRole("row", { name: /builtin\/assistant operator/ }).waitFor();
    expect(await page.locator(".plot canvas").count()).toBe(4);
    const plot = page.locator(".plot").first();
    const box = await plot.locator(".u-over").boundingBox();
    if (box === null) throw new Error("The plot has no area.");
    await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2);
    await plot.getByText(new Date().toISOString().slice(0, 10)).waitFor();
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    await expect
      .poll(() => page.getByLabel("Days").locator("option").first().innerText())
      .not.toContain(new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10));
    const csv = await readDownload(page, "CSV");
    expect(csv.split("\r\n")[0]).toContain("model,credential,calls,failures");
    expect(csv).toContain("builtin/assistant,operator,1,0");
    expect(problems).toEqual([]);
  });

  test("audit: what was done, the latest first, and whether the record is whole", async () => {
    const gateway = await startTestGateway();
    await createKey(gateway, "ada");
    const { page, problems } = await openSignedIn(getBrowser(), gateway.url, { place: "#/audit" });
    await page.getByText(/The record is whole: \d+ entries/).waitFor();
    await expect.poll(() => page.locator(".rows b").allInnerTexts()).toContain("keys.create");
    await page.getByRole("searchbox", { name: "Action" }).fill("gateway.started");
    await page.getByRole("searchbox", { name: "Action" }).press("Enter");
    await expect.poll(() => page.locator(".rows b").allInnerTexts()).toEqual(["gateway.started"]);
    expect(problems).toEqual([]);

    // A list that cannot be loaded has its error, and does not say that it is loading.
    await page.route("**/audit/verify", (route) => route.fulfill({ status: 403 }));
    await page.reload();
    await page.getByRole("alert").waitFor();
    const loading = page.getByText("Loading…");
    await loading.evaluate("(text) => Promise.all(text.getAnimations().map((each) => each.finished))");
    expect(await loading.isVisible()).toBe(false);
  });

  test("configuration: a setting and the file are changed, checked first, and not over the change of another", async () => {
    const gateway = await startTestGateway({ hasConfigFile: true });
    const { page, problems } = await openSignedIn(getBrowser(), gateway.url, { place: "#/config" });
    const file = join(gateway.stateDir, "openclaw.json");
    await page.getByLabel("Find a setting").fill("logging.level");
    await page.getByRole("button", { name: "Change logging.level" }).click();
    await page.getByLabel("New value").fill('"debug"');
    await page.getByRole("button", { name: "Save" }).click();
    const row = page.getByRole("row", { name: /logging\.level/ });
    await row.getByText(/line \d/).waitFor();
    expect(readFileSync(file, "utf8")).toContain("debug");

    await page.getByText("The file", { exact: true }).click();
    const editor = page.getByRole("textbox", { name: "The file" });
    await editor.fill('{ logging: { level: "loud" } }');
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "logging.level" }).waitFor();
    await editor.fill('{ logging: { level: "warn" } }');
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.getByText(/It is valid. It changes .*logging.level/).waitFor();
    await page.locator(".diff .added", { hasText: "warn" }).waitFor();
    expect(readFileSync(file, "utf8")).toContain("debug");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText(/Saved: .*logging.level/).waitFor();
    await row.getByText('"warn"').waitFor();
    expect(readFileSync(file, "utf8")).toContain("warn");
    expect(problems).toEqual([]);
  });

  test("a model is tested, an operation is tried, and a request is followed from the log to its session", async () => {
    const { url } = await startTestGateway();
    const { page, problems } = await openSignedIn(getBrowser(), url, { place: "#/models" });
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText(/Replied in \d+ ms/).waitFor();

    await page.getByRole("link", { name: "API", exact: true }).click();
    await page.getByLabel("Filter the operations").fill("listSessions");
    await page.getByRole("link", { name: /GET \/sessions/ }).waitFor();
    await page.getByLabel("Filter the operations").press("Enter");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("status").filter({ hasText: "Response 200" }).waitFor();
    await page.getByLabel("Filter the operations").fill("agents.list");
    await page.getByRole("link", { name: /agents\.list/ }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText('"defaultId": "main"').waitFor();

    await postChat(url, createChatBody("say hello"), {
      headers: { "x-request-id": "find-me", "x-openclaw-session-key": "followed" },
    });
    await page.goto(`${url}/#/logs/find-me`);
    await page.getByRole("link", { name: "agent:main:followed" }).first().click();
    await page.getByText("hello", { exact: true }).waitFor();
    await page.locator("article").getByRole("link", { name: "Log" }).click();
    await page.getByRole("region", { name: "Logs" }).getByText("agent:main:followed").first().waitFor();
    expect(problems).toEqual([]);
  });

  test("a key gets a budget, and shows what is left of it", async () => {
    const gateway = await startTestGateway({ hasConfigFile: true, config: chatConfig });
    await createKey(gateway, "ada");
    const { page, problems } = await openSignedIn(getBrowser(), gateway.url, { place: "#/keys" });
    await page.getByRole("button", { name: "Budget" }).click();
    await page.getByLabel("Tokens of a day").fill("5000");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("0 of 5,000 tokens today").waitFor();
    expect(problems).toEqual([]);
  });
});
