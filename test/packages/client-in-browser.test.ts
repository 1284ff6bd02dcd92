import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type * as ClientModule from "../../clients/typescript/src/index.ts";
import { says } from "../../contracts/examples/script.ts";
import type { ModelStream } from "../../server/agent/types.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { execute, packClient } from "../support/clients/npm-pack.ts";
import { quickstart } from "../support/gateway/quickstart.ts";
import { createGatedModel, createScriptedModel } from "../support/providers/scripted-model.ts";

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => existsSync(path),
);

/** The global that the page's script defines. */
const html = `<!doctype html><title>A page</title><link rel="icon" href="data:,">
<script type="importmap">{"imports": {"openclaw-gateway-client": "/client/index.js"}}</script>
<script type="module">window.client = await import("openclaw-gateway-client");</script>`;

interface BrowserWorker {
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "error", listener: (event: { readonly message: string }) => void): void;
  postMessage(message: unknown): void;
}
declare const Worker: new (url: string, options: { readonly type: "module" }) => BrowserWorker;
declare const window: { readonly client: typeof ClientModule };

describe.skipIf(browserPath === undefined)("in a browser (needs Chromium under /usr/bin)", () => {
  let folder: string;
  let pages: Server;
  let origin: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gateway-browser-"));
    const client = join(folder, "client");
    mkdirSync(client);
    const { tarball } = await packClient(folder);
    await execute(folder, "tar", "-xzf", tarball, "-C", client, "--strip-components=1");
    pages = createServer((req, res) => {
      const path = req.url ?? "/";
      if (path === "/") return void res.writeHead(200, { "content-type": "text/html" }).end(html);
      res.writeHead(200, { "content-type": "text/javascript" }).end(readFileSync(join(folder, path)));
    }).listen(0, "127.0.0.1");
    await once(pages, "listening");
    origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    const args = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"];
    browser = await chromium.launch({ executablePath: browserPath ?? "", args });
  });

  afterAll(async () => {
    await browser?.close();
    pages?.close().closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a page of another origin that the gateway allows. `problems` are the errors of its console. */
  async function openPage(
    model?: ModelStream,
  ): Promise<{ gateway: TestGateway; page: Page; problems: readonly string[] }> {
    const http = { ...quickstart.gateway?.http, cors: { allowedOrigins: [origin] } };
    const gateway = await startTestGateway({ config: { gateway: { http } }, ...(model && { model }) });
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    const problems: string[] = [];
    page.on("console", (message) => void problems.push(message.text()));
    page.on("pageerror", (error) => void problems.push(error.message));
    await page.goto(origin);
    await page.waitForFunction(() => "client" in window);
    return { gateway, page, problems };
  }

  const body = { model: "openclaw", messages: [{ role: "user" as const, content: "Say hello." }] };

  test("an unstreamed reply, a stream with its agent and session, and the models", async () => {
    const { gateway, page, problems } = await openPage(createScriptedModel([says("Hel"), says("lo.")]));
    const result = await page.evaluate(
      async ({ baseUrl, token, body }) => {
        const client = window.client.createClient({ baseUrl, token });
        const completion = await client.chat.completions.create(body);
        const stream = await client.chat.completions.create(
          { ...body, stream: true },
          { sessionKey: "notes" },
        );
        const { agentId, sessionKey } = stream;
        const texts: (string | null | undefined)[] = [];
        for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content);
        const { data } = await client.models.list();
        return {
          completion: completion.choices[0]?.message.content,
          streamed: { agentId, sessionKey, text: texts.join("") },
          models: data.map(({ id }) => id),
        };
      },
      { baseUrl: gateway.url, token, body },
    );

    expect(result).toEqual({
      completion: "Hello.",
      streamed: { agentId: "main", sessionKey: "agent:main:notes", text: "Hello." },
      models: ["openclaw", "openclaw:main"],
    });
    expect(problems).toEqual([]);
  });

  test("chunks are there as they are made, and an abort ends the run", async () => {
    const { model, emit, waitForCall } = createGatedModel();
    const { gateway, page, problems } = await openPage(model);
    const result = page.evaluate(
      async ({ baseUrl, token, body }) => {
        const controller = new AbortController();
        const { signal } = controller;
        const client = window.client.createClient({ baseUrl, token });
        let text = "";
        try {
          const stream = await client.chat.completions.create({ ...body, stream: true }, { signal });
          for await (const chunk of stream) {
            text += chunk.choices[0]?.delta.content ?? "";
            if (text !== "") controller.abort(new Error("The user closed the window."));
          }
          return undefined;
        } catch (error) {
          return { text, thrown: String(error) };
        }
      },
      { baseUrl: gateway.url, token, body },
    );
    const run = await waitForCall();
    emit({ type: "text", text: "Hel" });

    expect(await result).toEqual({ text: "Hel", thrown: "Error: The user closed the window." });
    await expect.poll(() => run.signal.aborted).toBe(true);
    expect(problems).toEqual([]);
  });

  test("a response in the background, left, read on and cancelled", async () => {
    const { model, emit } = createGatedModel();
    const { gateway, page, problems } = await openPage(model);
    emit({ type: "text", text: "Hel" });
    const result = await page.evaluate(
      async ({ baseUrl, token }) => {
        const { createClient, isGatewayError, outputText } = window.client;
        const { responses } = createClient({ baseUrl, token });
        const response = { model: "openclaw", input: "Say hello.", background: true };
        const key = { idempotencyKey: "key-1" };
        let id = "";
        let last = 0;
        for await (const event of await responses.create({ ...response, stream: true }, key)) {
          if (event.type === "response.created") id = event.response.id;
          last = event.sequence_number;
          if (event.type === "response.output_text.delta") break;
        }
        const rest = await responses.retrieve(id, { stream: true, startingAfter: last - 1 });
        const types: string[] = [];
        let thrown: unknown;
        try {
          for await (const event of rest) {
            types.push(event.type);
            if (event.type === "response.output_text.delta") await responses.cancel(id);
          }
        } catch (error) {
          thrown = isGatewayError(error) ? error.code : error;
        }
        const storedResponse = await responses.retrieve(id);
        return {
          first: types[0],
          last: types.at(-1),
          thrown,
          status: storedResponse.status,
          text: outputText(storedResponse),
        };
      },
      { baseUrl: gateway.url, token },
    );

    expect(result).toEqual({
      first: "response.output_text.delta",
      last: "response.failed",
      thrown: "run_aborted",
      status: "cancelled",
      text: "Hel",
    });
    expect(problems).toEqual([]);
  });

  test("a run over the WebSocket is watched and aborted", async () => {
    const { model, emit, waitForCall } = createGatedModel();
    const { gateway, page, problems } = await openPage(model);
    const result = page.evaluate(
      async ({ baseUrl, token }) => {
        const socket = await window.client.createClient({ baseUrl, token }).connect();
        const run = socket.run({ message: "Say hello.", sessionKey: "notes" });
        const events: unknown[] = [await run.accepted];
        try {
          for await (const { stream, data } of run) {
            if (stream === "assistant") events.push(data.text);
            if (stream === "assistant") await run.abort();
          }
        } catch (error) {
          if (window.client.isGatewayError(error)) events.push(error.code);
        }
        socket.close();
        return events;
      },
      { baseUrl: gateway.url, token },
    );
    const run = await waitForCall();
    emit({ type: "text", text: "Hel" });

    expect(await result).toEqual(["agent:main:notes", "Hel", "run_aborted"]);
    expect(run.signal.aborted).toBe(true);
    expect(problems).toEqual([]);
  });

  test("a web worker streams a reply", async () => {
    const { gateway, page, problems } = await openPage(createScriptedModel([says("Hel"), says("lo.")]));
    const result = await page.evaluate(
      ({ baseUrl, token, body, entry }) => {
        // A worker has no import map: the address of the entry takes its place.
        const source = `
          import { createChat } from "${entry}";
          onmessage = async ({ data: { baseUrl, token, body } }) => {
            const stream = await createChat({ baseUrl, token }).completions.create({ ...body, stream: true });
            postMessage({ text: await stream.text(), hasWindow: "window" in globalThis });
          };`;
        const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
        const worker = new Worker(url, { type: "module" });
        return new Promise((resolve, reject) => {
          worker.addEventListener("message", ({ data }) => resolve(data));
          worker.addEventListener("error", ({ message }) => reject(new Error(message)));
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A worker has no origin to name.
          worker.postMessage({ baseUrl, token, body });
        });
      },
      { baseUrl: gateway.url, token, body, entry: `${origin}/client/chat.js` },
    );

    expect(result).toEqual({ text: "Hello.", hasWindow: false });
    expect(problems).toEqual([]);
  });

  test("an error has all fields and headers of the response", async () => {
    const { gateway, page, problems } = await openPage();
    const error = await page.evaluate(
      async ({ baseUrl, token }) => {
        const { createClient, isGatewayError } = window.client;
        const messages = [{ role: "user" as const, content: "/error 429 7" }];
        try {
          await createClient({ baseUrl, token }).chat.completions.create({ model: "openclaw", messages });
          return undefined;
        } catch (thrown) {
          if (!isGatewayError(thrown)) return String(thrown);
          const { status, code, requestId, retryAfter, shouldRetry } = thrown;
          return { status, code, requestId, retryAfter, shouldRetry };
        }
      },
      { baseUrl: gateway.url, token },
    );

    expect(error).toEqual({
      status: 429,
      code: "rate_limit_exceeded",
      requestId: expect.stringMatching(/^req_/) as string,
      retryAfter: 7,
      shouldRetry: true,
    });
    // Chromium logs the status 429 itself.
    expect(problems).toEqual([expect.stringContaining("429")]);
  });
});
