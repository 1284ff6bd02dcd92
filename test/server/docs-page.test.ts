import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { says } from "../../contracts/examples/script.ts";
import { endpoints } from "../../contracts/index.ts";
import { describeInBrowser, openPage } from "../support/clients/browser.ts";
import { responsesConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

beforeAll(() => {
  execFileSync(process.execPath, [join(packageRoot, "scripts/docs.ts"), "--if-stale"]);
});

test("/docs is one page whose policy allows only its own scripts", async () => {
  const { url } = await startTestGateway();
  const response = await fetch(`${url}/docs`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toMatch(/script-src 'sha256-[\w+/=]+'/);
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  expect(policy).toContain("connect-src 'self'");
});

describeInBrowser("in a browser", (getBrowser) => {
  test("/docs shows the operations, finds what is searched for, and asks no other host", async () => {
    const { url } = await startTestGateway();
    const { page, problems } = await openPage(getBrowser(), url);

    await page.goto(`${url}/docs`);
    expect(await page.title()).toContain("OpenClaw");
    await page.getByText("Chat", { exact: true }).first().click();
    await page.getByRole("heading", { name: "Ask an agent" }).first().waitFor();
    await page.getByText("/v1/chat/completions").first().waitFor();

    await page.getByText("Search").first().click();
    await page.getByPlaceholder(/search/i).fill("session key");
    await page.getByRole("link").filter({ hasText: "x-openclaw-session-key" }).first().waitFor();

    expect(problems).toEqual([]);
  });

  describe("Try it", () => {
    async function openDialog(
      url: string,
      fragment = "",
    ): Promise<{ page: Page; dialog: Locator; problems: readonly string[] }> {
      const { page, problems } = await openPage(getBrowser(), url);
      await page.goto(`${url}/docs${fragment}`);
      await page.getByRole("button", { name: "Try it" }).click();
      const dialog = page.getByRole("dialog", { name: "Try it" });
      await dialog.getByLabel("Operation").locator("option").first().waitFor({ state: "attached" });
      return { page, dialog, problems };
    }
    const select = (dialog: Locator, id: string): Promise<unknown> =>
      dialog.getByLabel("Operation").selectOption(id);
    const send = (dialog: Locator): Promise<void> => dialog.getByRole("button", { name: "Send" }).click();
    const getAnswer = (dialog: Locator): Locator => dialog.getByLabel("Answer");

    test("sends the example of an operation with a credential that is stored nowhere", async () => {
      const { model } = createModelSequence([says("Hello"), says(" there.")], [says("one "), says("two")]);
      const { url } = await startTestGateway({ model });
      const { page, dialog, problems } = await openDialog(url);
      await select(dialog, "createChatCompletion");
      await dialog.getByLabel("Credential").fill(token);
      await send(dialog);
      await dialog.getByText(/^200 OK · \d+ ms$/).waitFor();
      expect(JSON.parse((await getAnswer(dialog).textContent()) ?? "")).toMatchObject({
        choices: [{ message: { content: "Hello there." } }],
      });

      const body = dialog.getByLabel("Body (JSON)");
      await body.fill(JSON.stringify({ ...(JSON.parse(await body.inputValue()) as object), stream: true }));
      await send(dialog);
      await getAnswer(dialog).filter({ hasText: "data: [DONE]" }).waitFor();
      expect(await getAnswer(dialog).textContent()).toMatch(/"content":"one "[^]*"content":"two"/);

      const stored = await page.evaluate(
        "JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie",
      );
      expect(stored).not.toContain(token);
      expect(problems).toEqual([]);
    });

    test("shows an error of the gateway and of the body", async () => {
      const { url } = await startTestGateway();
      const { dialog } = await openDialog(url);
      await select(dialog, "createChatCompletion");
      await dialog.getByLabel("Credential").fill("wrong");
      await send(dialog);
      await dialog.getByText(/^401 /).waitFor();
      await getAnswer(dialog).filter({ hasText: "invalid_api_key" }).waitFor();
      await dialog.getByLabel("Fields (JSON)").waitFor({ state: "detached" });
      await select(dialog, "createFile");
      await dialog.getByLabel("Fields (JSON)").fill("{");
      await dialog
        .getByLabel("file", { exact: true })
        .setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
      await send(dialog);
      await dialog.getByText(/^Failed: .*JSON/).waitFor();
    });

    test("begins with the operation that the page shows, and keeps what was typed", async () => {
      const { url } = await startTestGateway();
      const { page, dialog } = await openDialog(url, "#/sessions/resetsession");
      const list = dialog.getByLabel("Operation");
      expect(await list.inputValue()).toBe("resetSession");
      await dialog.getByLabel("key (path)").fill("notes");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Try it" }).click();
      expect(await dialog.getByLabel("key (path)").inputValue()).toBe("notes");
    });

    test("uploads a file, and fills the parameters of paths", async () => {
      const { url } = await startTestGateway({ config: responsesConfig });
      const { dialog, problems } = await openDialog(url);
      await dialog.getByLabel("Credential").fill(token);
      await select(dialog, "createFile");
      await dialog.getByLabel("Example").selectOption({ label: "A file that expires after an hour" });
      const file = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("The harbor.") };
      await dialog.getByLabel("file", { exact: true }).setInputFiles(file);
      await send(dialog);
      await dialog.getByText(/^200 OK · /).waitFor();
      const created = JSON.parse((await getAnswer(dialog).textContent()) ?? "") as {
        readonly id: string;
        readonly created_at: number;
        readonly expires_at: number;
      };
      expect(created.expires_at - created.created_at).toBe(3_600);

      await select(dialog, "retrieveFileContent");
      expect(await dialog.getByLabel("file_id (path)").inputValue()).toBe("file-1");
      await dialog.getByLabel("file_id (path)").fill(created.id);
      await send(dialog);
      await dialog.getByText(/^200 OK · /).waitFor();
      expect(await getAnswer(dialog).textContent()).toBe("The harbor.");
      expect(problems).toEqual([]);
    });

    test("every operation begins with what its example sends", async () => {
      const { url } = await startTestGateway();
      const { dialog } = await openDialog(url);
      const ids = await dialog
        .getByLabel("Operation")
        .locator("option")
        .evaluateAll((options) => options.map((option) => option.getAttribute("value") ?? ""));
      const all = Object.values<Endpoint>(endpoints);
      expect(all.map(({ id }) => id).filter((id) => !ids.includes(id))).toEqual([]);
      for (const { id, body, params } of all) {
        if (body === undefined && params === undefined) continue;
        await select(dialog, id);
        for (const name of Object.keys(params?.shape ?? {}))
          expect([id, await dialog.getByLabel(`${name} (path)`).inputValue()]).not.toEqual([id, ""]);
        if (body === undefined) continue;
        const text = await dialog.getByLabel(/^(Body|Fields) \(JSON\)$/).inputValue();
        const examples = exampleSets
          .filter(({ endpoint }) => endpoint.id === id)
          .flatMap((set) => set.examples);
        const bodies = examples.map(
          ({ request }) => JSON.parse(JSON.stringify(request.body ?? {})) as object,
        );
        for (const each of bodies) if ("file" in each) delete each.file;
        expect([id, bodies]).toEqual([id, expect.arrayContaining([JSON.parse(text)])]);
      }
    });
  });
});
