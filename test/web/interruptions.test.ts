import { expect, test } from "vitest";
import { openPage } from "../support/clients/browser.ts";
import { describeWebPage, openSignedIn, signIn } from "../support/clients/web-page.ts";
import { callAsOperator, createKey } from "../support/gateway/keys.ts";
import { createTemporaryFolder, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createGatedModel, finishEvent } from "../support/providers/scripted-model.ts";
import { startTcpProxy } from "../support/sockets/tcp-proxy.ts";

interface Frame {
  readonly id: string;
  readonly method: string;
  readonly params?: { readonly sessionKey?: string };
}

describeWebPage("interruptions", (getBrowser) => {
  test("the gateway restarts under the open page: it connects again, and has everything", async () => {
    const stateDir = createTemporaryFolder();
    const first = await startTestGateway({ stateDir });
    const { page, ask, composer } = await openSignedIn(getBrowser(), first.url);
    await ask("say before");
    await page.getByText("tokens in").waitFor();
    await composer.fill("a draft");
    await first.stop();
    await page.getByText("Connecting again").waitFor();
    await startTestGateway({ stateDir, port: Number(new URL(first.url).port) });
    await page.getByText("Connecting again").waitFor({ state: "detached", timeout: 60_000 });
    expect(await composer.inputValue()).toBe("a draft");
    await ask("say after");
    await page.getByText("after", { exact: true }).waitFor();
    expect(await page.locator("article .markdown").allInnerTexts()).toEqual(["before", "after"]);
  });

  test("a run that ends while the connection is cut is shown to its end", async () => {
    const { model, emit, waitForCall } = createGatedModel();
    const gateway = await startTestGateway({ model });
    const proxy = await startTcpProxy(gateway.url);
    const { page, ask } = await openSignedIn(getBrowser(), proxy.url);
    await ask("Count.");
    await waitForCall();
    emit({ type: "text", text: "one " });
    await page.getByText("one", { exact: true }).waitFor();
    proxy.dropConnections();
    emit({ type: "text", text: "two" });
    emit(finishEvent);
    await page.getByText("one two", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
    expect(await page.locator("article .markdown").allInnerTexts()).toEqual(["one two"]);
  });

  test("a page that is reloaded during a run shows it, and can stop it", async () => {
    const { model, emit, waitForCall } = createGatedModel();
    const { url } = await startTestGateway({ model });
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    await ask("Count.");
    await waitForCall();
    emit({ type: "text", text: "one" });
    await page.getByText("one", { exact: true }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped").waitFor();
    expect(problems).toEqual([]);
  });

  test("a history that fails after its session was left shows no error in the next session", async () => {
    const { url } = await startTestGateway();
    const { page, problems } = await openPage(getBrowser(), url);
    const held = Promise.withResolvers<() => void>();
    await page.routeWebSocket(/./, (socket) => {
      const gateway = socket.connectToServer();
      socket.onMessage((text) => {
        const { id, method, params } = JSON.parse(String(text)) as Frame;
        if (method !== "chat.history" || params?.sessionKey !== "agent:main:first") return gateway.send(text);
        const error = { code: "UNAVAILABLE", message: "The store is away." };
        held.resolve(() => socket.send(JSON.stringify({ type: "res", id, ok: false, error })));
      });
    });
    await page.goto(`${url}/#/chat/agent:main:first`);
    await signIn(page, token);
    const fail = await held.promise;
    await page.goto(`${url}/#/chat/agent:main:second`);
    await page.getByText("Ask main").waitFor();
    fail();
    // The list of models arrives after the failure.
    await page.goto(`${url}/#/models`);
    await page.getByText("builtin/assistant").first().waitFor();
    await page.goto(`${url}/#/chat/agent:main:second`);
    await page.getByText("Ask main").waitFor();
    expect(await page.getByText("The store is away.").count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("a key that is revoked, or expires, ends the page with the reason", async () => {
    const gateway = await startTestGateway();
    const ada = await createKey(gateway, "ada");
    const bob = await createKey(gateway, "bob", { expires: "5s" });
    const open = await openSignedIn(getBrowser(), gateway.url, { credential: ada });
    const expiring = await openSignedIn(getBrowser(), gateway.url, { credential: bob });
    await callAsOperator(gateway, "keys.revoke", { name: "ada" });
    for (const { page } of [open, expiring]) {
      await page.getByLabel("Secret of the gateway").waitFor();
      expect(await page.getByRole("alert").innerText()).toMatch(/\w/);
      expect(await page.evaluate(() => Object.values(sessionStorage).join())).not.toContain("ock_");
    }
  });
});
