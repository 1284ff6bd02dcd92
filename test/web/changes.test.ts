import { expect, test } from "vitest";
import { run as runCommandLine } from "../support/clients/command-line.ts";
import { openPage } from "../support/clients/browser.ts";
import { describeWebPage, openSignedIn } from "../support/clients/web-page.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { createGatedModel, finishEvent } from "../support/providers/scripted-model.ts";

describeWebPage("what a person changes", (getBrowser) => {
  test("the address of openclaw dashboard signs in once, and leaves no code behind", async () => {
    const { url } = await startTestGateway();
    const env = { OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: token };
    const { out: address } = await runCommandLine(env, ["dashboard", "--no-open"]);
    const { page, problems } = await openPage(getBrowser(), url);
    await page.goto(address);
    await page.getByRole("navigation", { name: "Menu" }).waitFor();
    expect(page.url()).toBe(`${url}/`);
    await page.reload();
    await page.getByRole("navigation", { name: "Menu" }).waitFor();
    expect(problems).toEqual([]);
    const other = await getBrowser().newPage();
    await other.goto(address);
    await other.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
    await Promise.all([page.close(), other.close()]);
  });

  test("a question is edited, asked again, and continued in a branch", async () => {
    const { url } = await startTestGateway();
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    const readTexts = () => page.locator("article .markdown").allInnerTexts();
    await ask("say one");
    await page.getByText("tokens in").waitFor();
    await ask("say two");
    await page.getByText("tokens in").nth(1).waitFor();
    await page.getByRole("button", { name: "Edit" }).nth(1).click();
    await page.getByLabel("The message that takes its place").fill("say three");
    await page.locator("form.editing").getByRole("button", { name: "Send" }).click();
    await expect.poll(readTexts).toEqual(["one", "three"]);
    await page.getByRole("button", { name: "Ask again" }).nth(1).click();
    await page.getByRole("button", { name: "Ask again" }).nth(1).waitFor();
    await expect.poll(readTexts).toEqual(["one", "three"]);
    const first = page.url();
    await page.getByRole("button", { name: "Branch" }).first().click();
    await expect.poll(readTexts).toEqual(["one"]);
    expect(page.url()).not.toBe(first);
    await ask("say four");
    await expect.poll(readTexts).toEqual(["one", "four"]);
    await page.goBack();
    await expect.poll(readTexts).toEqual(["one", "three"]);
    await page.goForward();
    await expect.poll(readTexts).toEqual(["one", "four"]);
    expect(problems).toEqual([]);
  });

  test("a message that waits says how many go before it and for how long it may wait", async () => {
    const { model, emit, waitForCall } = createGatedModel();
    const { url } = await startTestGateway({ model });
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    await ask("first");
    await waitForCall();
    await ask("second");
    await page.getByText(/Waiting for its turn: 1 run goes before it, \d+ s left/).waitFor();
    emit(finishEvent);
    await page.getByText("Waiting for its turn").waitFor({ state: "detached" });
    emit(finishEvent);
    await page.getByText("tokens in").nth(1).waitFor();
    expect(problems).toEqual([]);
  });

  test("the palette finds a view, a session and an action by keyboard alone", async () => {
    const { url } = await startTestGateway();
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    await ask("say a conversation about whales");
    await page.getByText("tokens in").waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Find a view" }).waitFor();
    await page.keyboard.type("keys");
    await page.getByRole("option", { name: "Keys", exact: false }).first().waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Keys" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Find a view" }).waitFor();
    await page.keyboard.type("whales");
    await page.getByRole("option", { name: /whales/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("a conversation about whales", { exact: true }).last().waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(problems).toEqual([]);
  });

  test("files that are dropped and pasted are sent", async () => {
    const { model, emit, waitForCall } = createGatedModel();
    const { url } = await startTestGateway({ model });
    const { page, composer, problems } = await openSignedIn(getBrowser(), url);
    // A text, because the types of the tests are those of Node.
    await page.evaluate(`
      const give = (type, name) => {
        const data = new DataTransfer();
        data.items.add(new File(["name,amount\\nAda,3"], name, { type: "text/csv" }));
        const event =
          type === "paste"
            ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
            : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
        document.querySelector("textarea").dispatchEvent(event);
      };
      give("drop", "dropped.csv");
      give("paste", "pasted.csv");
    `);
    await page.getByRole("button", { name: "Remove dropped.csv" }).waitFor();
    await page.getByRole("button", { name: "Remove pasted.csv" }).waitFor();
    await composer.fill("Add them up.");
    await composer.press("Enter");
    const { call } = await waitForCall();
    const sent = JSON.stringify(call.turns);
    for (const text of ["Add them up.", "dropped.csv", "pasted.csv", "Ada,3"]) expect(sent).toContain(text);
    emit(finishEvent);
    expect(problems).toEqual([]);
  });
});
