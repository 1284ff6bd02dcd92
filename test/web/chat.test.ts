import { expect, test } from "vitest";
import { ends, says } from "../../contracts/examples/script.ts";
import { openPage } from "../support/clients/browser.ts";
import { describeWebPage, openSignedIn, signIn } from "../support/clients/web-page.ts";
import { createKey } from "../support/gateway/keys.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { createGatedModel, createScriptedModel, finishEvent } from "../support/providers/scripted-model.ts";
import { startTcpProxy } from "../support/sockets/tcp-proxy.ts";

describeWebPage("the chat", (getBrowser) => {
  test("the first minute: a wrong secret, the right one, an answer, a reload", async () => {
    const { url } = await startTestGateway();
    const { page, problems } = await openPage(getBrowser(), url);
    await page.goto(url);
    await page.getByLabel("Secret of the gateway").fill("not the secret");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
    await signIn(page, token);

    const composer = page.getByLabel("Message to the agent");
    await composer.fill("say **hello**, stranger");
    await composer.press("Enter");
    await page.locator("strong", { hasText: "hello" }).waitFor();
    await page.getByText(/tokens in/).waitFor();
    await composer.fill("a draft");
    await page.reload();

    await page.locator("strong", { hasText: "hello" }).waitFor();
    expect(await composer.inputValue()).toBe("a draft");
    expect(await page.getByRole("article", { name: "You" }).locator(".text").allInnerTexts()).toEqual([
      "say **hello**, stranger",
    ]);
    expect(await page.evaluate(() => Object.keys(localStorage).length)).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("a reload keeps the tokens and the cost of a turn, and a long text comes complete when it is wanted", async () => {
    const line = `${"Words of a long answer. ".repeat(40)}\n\n`;
    const model = createScriptedModel([
      says(line.repeat(650)),
      says("The last words."),
      ends({ input: 1_200, output: 34, cached: 200, reasoning: 4 }),
    ]);
    const { url } = await startTestGateway({ model });
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    await ask("Write.");
    const footer = page.locator(".footer", { hasText: "1,200 tokens in, 34 out" });
    await footer.waitFor();
    expect(await page.getByRole("button", { name: "Show the complete text" }).count()).toBe(0);
    await page.reload();
    await footer.waitFor();
    expect(await page.locator(".markdown").innerText()).not.toContain("The last words.");
    await page.getByRole("button", { name: "Show the complete text" }).click();
    await page.getByText("The last words.", { exact: true }).waitFor();
    expect(await page.getByRole("button", { name: "Show the complete text" }).count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test("a tool is watched while it runs, and stopped", async () => {
    const { url } = await startTestGateway();
    const { page, ask, composer, problems } = await openSignedIn(getBrowser(), url);
    await ask('/tool exec {"command": "echo first; sleep 600; echo second"}\nDone.');
    const card = page.locator("details.tool");
    await card.locator("pre", { hasText: "first" }).last().waitFor();
    expect(await card.locator("summary").innerText()).toMatch(
      /^exec\s+echo first; sleep 600; echo second\s+running [\d.]+ s$/,
    );

    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Send" }).waitFor();
    await page.getByText("Stopped").waitFor();
    expect(await page.getByText("Done.", { exact: true }).count()).toBe(0);
    await composer.fill("say hello again");
    await composer.press("Enter");
    await page.getByText("hello again", { exact: true }).waitFor();
    expect(problems).toEqual([]);
  });

  test("a command that fails says its exit code, live and after a reload", async () => {
    const { url } = await startTestGateway();
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    await ask('/tool exec {"command": "exit 3"}\n/tool exec {"command": "true"}');
    const states = page.locator(".tool .state");
    await expect
      .poll(() => states.allInnerTexts())
      .toEqual([expect.stringMatching(/^exit code 3 [\d.]+ s$/), expect.stringMatching(/^done [\d.]+ s$/)]);
    await page.getByText("tokens in").waitFor();
    await page.reload();
    await expect.poll(() => states.allInnerTexts()).toEqual(["exit code 3", ""]);
    expect(problems).toEqual([]);
  });

  test("a long output of a tool is shown from its end, and all of it on request", async () => {
    const { url } = await startTestGateway();
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    await ask('/tool exec {"command": "echo first; seq 10000 14999"}\nDone.');
    await page.getByText("tokens in").waitFor();
    await page.locator("details.tool summary").click();
    const output = page.locator("details.tool pre").last();
    await output.filter({ hasText: "14999" }).waitFor();
    expect(await output.innerText()).not.toContain("first");
    await page.getByRole("button", { name: "Show all" }).click();
    await output.filter({ hasText: "first" }).waitFor();
    expect(await page.getByRole("button", { name: "Show all" }).count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test("a connection that is cut in mid-answer loses nothing and doubles nothing", async () => {
    const { model, emit, waitForCall } = createGatedModel();
    const gateway = await startTestGateway({ model });
    const proxy = await startTcpProxy(gateway.url);
    const { page, ask, readText } = await openSignedIn(getBrowser(), proxy.url);
    await ask("Count.");
    await waitForCall();
    emit({ type: "text", text: "one two " });
    await page.getByText("one two", { exact: true }).waitFor();
    proxy.dropConnections();
    await page.getByText("Connecting again").waitFor();
    emit({ type: "text", text: "three " });
    await page.getByText("Connecting again").waitFor({ state: "detached" });
    emit({ type: "text", text: "four" });
    await page.getByText("one two three four", { exact: true }).waitFor();
    emit(finishEvent);
    await page.getByRole("button", { name: "Send" }).waitFor();
    await page.getByText("tokens in").waitFor();
    expect((await readText()).match(/one two three four|Count\./g)).toEqual(["Count.", "one two three four"]);
  });

  test("two tabs show the same session, each question and answer once, and queue what is sent meanwhile", async () => {
    const { url } = await startTestGateway();
    const first = await openSignedIn(getBrowser(), url);
    const second = await openSignedIn(getBrowser(), url);
    await first.ask("say from the first");
    await second.page.getByText("from the first", { exact: true }).waitFor();
    await second.ask("say from the second");
    await first.page.getByText("from the second", { exact: true }).waitFor();
    for (const { page } of [first, second]) {
      await page.getByText("tokens in").nth(1).waitFor();
      expect(await page.locator("article .markdown, article.user .text").allInnerTexts()).toEqual([
        "say from the first",
        "from the first",
        "say from the second",
        "from the second",
      ]);
    }
    expect([...first.problems, ...second.problems]).toEqual([]);
  });

  test("a page that opens in the middle of a run shows what was before and what follows, once", async () => {
    const { model, emit, waitForCall } = createGatedModel();
    const { url } = await startTestGateway({ model });
    const first = await openSignedIn(getBrowser(), url);
    await first.ask("Work.");
    await waitForCall();
    emit({ type: "text", text: "looking " });
    emit({ type: "tool_call", index: 0, id: "call_1", name: "exec" });
    emit({ type: "tool_call_arguments", index: 0, fragment: '{"command": "echo listed"}' });
    emit({ type: "finish", reason: "tool_calls" });
    emit({ type: "text", text: "found " });
    await first.page.getByText("found", { exact: true }).waitFor();
    const second = await openSignedIn(getBrowser(), url);
    await second.page.getByText("looking", { exact: true }).waitFor();
    emit({ type: "text", text: "nothing" });
    await second.page.getByText("found nothing", { exact: true }).waitFor();
    emit(finishEvent);
    for (const { page } of [first, second]) {
      await page.getByText("tokens in").waitFor();
      expect(await page.locator("article .markdown").allInnerTexts()).toEqual(["looking", "found nothing"]);
      expect(await page.locator("details.tool summary b").allInnerTexts()).toEqual(["exec"]);
    }
  });

  test("a key that may only run sees the chat, its runs, usage and models alone, and what happens while the page is open", async () => {
    const gateway = await startTestGateway();
    const credential = await createKey(gateway, "runner", { scopes: ["run"] });
    const { page, ask, problems } = await openSignedIn(getBrowser(), gateway.url, { credential });
    expect(await page.getByRole("navigation", { name: "Menu" }).getByRole("link").allInnerTexts()).toEqual([
      "Chat",
      "Runs",
      "Usage",
      "Models",
      "API",
    ]);
    await ask("say hello, key");
    await page.getByText("hello, key", { exact: true }).waitFor();
    expect(problems).toEqual([]);
  });
});
