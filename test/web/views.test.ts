import { expect, onTestFinished, test } from "vitest";
import { describeWebPage, openSignedIn, signIn } from "../support/clients/web-page.ts";
import { chatConfig, postChat, createChatBody, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createEndlessModel } from "../support/providers/scripted-model.ts";

describeWebPage("the views", (getBrowser) => {
  test("a session is found, renamed and deleted", async () => {
    const { url } = await startTestGateway();
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    await ask("say hello");
    await page.getByText("tokens in").waitFor();
    await page.getByRole("link", { name: "Sessions", exact: true }).click();
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByLabel("Name of the session").fill("My notes");
    await page.getByRole("button", { name: "Save" }).click();
    const row = page.getByRole("region", { name: "Sessions" }).getByRole("link", { name: "My notes" });
    await row.waitFor();
    await page.getByLabel("Search in sessions").fill("nothing like it");
    await row.waitFor({ state: "detached" });
    await page.getByLabel("Search in sessions").fill("SAY HELLO");
    await page.getByText("say hello").waitFor();
    await page.getByLabel("Search in sessions").fill("notes");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Really delete?" }).click();
    await row.waitFor({ state: "detached" });
    expect(problems).toEqual([]);
  });

  test("on a small screen the menu opens, takes the focus, and closes", async () => {
    const { url } = await startTestGateway();
    const { page, problems } = await openSignedIn(getBrowser(), url, { place: "#/runs" });
    await page.setViewportSize({ width: 360, height: 740 });
    const button = page.getByRole("button", { name: "Menu" });
    const usage = page.getByRole("link", { name: "Usage", exact: true });
    await usage.waitFor({ state: "hidden" });
    await button.click();
    await usage.waitFor();
    expect(await page.locator(":focus").innerText()).toBe("Chat");
    await page.keyboard.press("Escape");
    await usage.waitFor({ state: "hidden" });
    expect(await page.locator(":focus").innerText()).toBe("Menu");
    await button.click();
    await usage.click();
    await page.getByRole("heading", { name: "Usage" }).waitFor();
    await usage.waitFor({ state: "hidden" });
    expect(problems).toEqual([]);
  });

  test("a wrong secret is said in words, and a newcomer is told what to try", async () => {
    const { url } = await startTestGateway();
    const page = await getBrowser().newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    await page.getByLabel("Secret of the gateway").fill("not the secret");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The gateway does not know this secret or key.").waitFor();
    await signIn(page, token);
    await page.getByText("builtin/assistant answers.").waitFor();
    await page.getByRole("button", { name: /^\/tool exec/ }).click();
    await page.locator(".tool", { hasText: "exec" }).waitFor();
    await page.getByText("tokens in").waitFor();
  });

  test("a run that a program started is seen and aborted", async () => {
    const { model, countRunning } = createEndlessModel();
    const { url } = await startTestGateway({ model });
    const { page } = await openSignedIn(getBrowser(), url, { place: "#/runs" });
    const answer = postChat(url, createChatBody("Work."), { headers: { "x-openclaw-session-key": "work" } });
    await page.getByRole("region", { name: "Runs" }).getByRole("link", { name: "agent:main:work" }).waitFor();
    await page.getByRole("button", { name: "Abort" }).click();
    expect((await answer).status).toBeGreaterThanOrEqual(400);
    await expect.poll(countRunning).toBe(0);
    await page.getByText("Stopped").waitFor();
  });

  test("a provider shows its last failures, and the chat the thinking levels of the selected model", async () => {
    const { url } = await startTestGateway({
      config: {
        ...chatConfig,
        agents: {
          defaults: {
            model: "down/m",
            models: { "builtin/assistant": {} },
          },
        },
        models: {
          providers: {
            down: {
              baseUrl: "http://127.0.0.1:9/v1",
              apiKey: "k",
              compat: { supportsReasoningEffort: true },
            },
          },
        },
      },
    });
    const { page, problems } = await openSignedIn(getBrowser(), url);
    const thinking = page.getByLabel("Thinking");
    await expect
      .poll(() => thinking.locator("option").allInnerTexts())
      .toEqual(["Thinking: default", "off", "minimal", "low", "medium", "high", "xhigh", "max"]);
    await page.getByLabel("Model").selectOption("builtin/assistant");
    await thinking.waitFor({ state: "detached" });

    await page.goto(`${url}/#/models`);
    const model = page.getByRole("listitem").filter({ hasText: "down/m" });
    for (const attempt of [1, 2, 3]) {
      await model.getByRole("button", { name: "Test" }).click();
      if (attempt > 1)
        await page.getByText(attempt === 2 ? "1 failure before it" : "2 failures before it").waitFor();
      else await page.getByText(/^Last failure .*: upstream_unreachable$/).waitFor();
    }
    await page.getByText("2 failures before it").click();
    expect(await page.locator(".failures li").allInnerTexts()).toEqual([
      expect.stringMatching(/: upstream_unreachable$/),
      expect.stringMatching(/: upstream_unreachable$/),
    ]);
    expect(problems).toEqual([]);
  });

  test("a key is created, its secret shown once, and revoked", async () => {
    const { url } = await startTestGateway();
    const { page, problems } = await openSignedIn(getBrowser(), url, { place: "#/keys" });
    await page.getByText("Create a key").first().click();
    await page.getByLabel("Name").fill("ci");
    await page.getByRole("button", { name: "Create a key" }).click();
    const secret = page.getByText("It is shown only now").locator("xpath=..").locator("code");
    expect(await secret.innerText()).toMatch(/^\S{20,}$/);
    await page.getByRole("link", { name: "Models", exact: true }).click();
    await page.getByRole("link", { name: "Keys", exact: true }).click();
    await page.getByText("never used").waitFor();
    expect(await secret.count()).toBe(0);
    await page.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Really revoke?" }).click();
    await page.getByText("never used").waitFor({ state: "detached" });
    expect(problems).toEqual([]);
  });

  test("the tools say why one is denied, and what would allow it; a dry run runs nothing", async () => {
    const { url } = await startTestGateway({
      config: {
        gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
        tools: { deny: ["read"] },
      },
    });
    const { page, problems } = await openSignedIn(getBrowser(), url, { place: "#/tools" });
    const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: /^read\b/ }) });
    await row.getByText("tools.deny").waitFor();
    const form = page.locator("form", { hasText: "Would POST" });
    await form.getByLabel("Tool").selectOption("exec");
    await form.getByRole("button", { name: "Check" }).click();
    await form.getByText("gateway.tools.allow").waitFor();
    expect(problems).toEqual([]);
  });

  test("the log is followed and filtered, and the configuration is shown without secrets", async () => {
    const { url } = await startTestGateway();
    const { page, problems } = await openSignedIn(getBrowser(), url, { place: "#/logs" });
    const log = page.getByRole("region", { name: "Logs" });
    await postChat(url, createChatBody("Hello."), { headers: { "x-request-id": "find-me" } });
    await page.getByLabel("Filter").fill("find-me");
    await log.getByText("find-me").first().waitFor();
    expect(await log.locator(".what").first().innerText()).toMatch(/^run .*agent=main/);
    await page.getByRole("link", { name: "Configuration", exact: true }).click();
    await page.getByText("[redacted]").first().waitFor();
    expect(problems).toEqual([]);
  });
});
