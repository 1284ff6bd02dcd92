/** Drives a Firefox without a driver, by WebDriver BiDi: https://www.w3.org/TR/webdriver-bidi/ */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

const executablePath = ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => existsSync(path));

export const hasFirefox: boolean = executablePath !== undefined;

/** Enter, by https://www.w3.org/TR/webdriver2/#keyboard-actions */
export const enterKey = "\uE007";

export interface Firefox {
  open(url: string): Promise<void>;
  /** Resolves to the value of an expression in the page: a string, a number or a boolean. */
  evaluate(expression: string): Promise<unknown>;
  /** Presses the keys of a text, one by one. */
  type(text: string): Promise<void>;
  /** Messages of the console, and uncaught errors. */
  readonly problems: readonly string[];
}

interface Message {
  readonly id?: number;
  readonly type: string;
  readonly method?: string;
  readonly params?: { readonly level: string; readonly text: string | null };
  readonly result?: unknown;
  readonly message?: string;
}

/** The browser ends when the test finishes. */
export async function launchFirefox(): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), "gateway-firefox-"));
  const options = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"];
  const child = spawn(executablePath ?? "", options, { stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(async () => {
    const exited = once(child, "exit");
    child.kill();
    await exited;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  let output = "";
  let address: string | undefined;
  for await (const chunk of child.stderr) {
    output += String(chunk);
    address = /WebDriver BiDi listening on (\S+)/.exec(output)?.[1];
    if (address !== undefined) break;
  }
  if (address === undefined) throw new Error(`Firefox did not start: ${output}`);
  const { call, problems } = await connectBidi(`${address}/session`);
  await call("session.new", { capabilities: {} });
  await call("session.subscribe", { events: ["log.entryAdded"] });
  const tree = (await call("browsingContext.getTree", {})) as {
    readonly contexts: readonly { readonly context: string }[];
  };
  const context = tree.contexts[0]?.context;
  return {
    problems,
    async open(url) {
      await call("browsingContext.navigate", { context, url, wait: "complete" });
    },
    async evaluate(expression) {
      const target = { context };
      const { result } = (await call("script.evaluate", { expression, target, awaitPromise: true })) as {
        readonly result?: { readonly value?: unknown };
      };
      return result?.value;
    },
    async type(text) {
      const keys = Array.from(text).flatMap((value) => [
        { type: "keyDown", value },
        { type: "keyUp", value },
      ]);
      await call("input.performActions", { context, actions: [{ type: "key", id: "keys", actions: keys }] });
    },
  };
}

async function connectBidi(url: string) {
  const ws = new WebSocket(url);
  await once(ws, "open");
  onTestFinished(() => ws.close());
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const problems: string[] = [];
  let lastId = 0;
  ws.on("message", (data: Buffer) => {
    const { id, type, method, params, result, message } = JSON.parse(data.toString()) as Message;
    if (method === "log.entryAdded" && params?.level === "error") problems.push(params.text ?? "");
    if (id === undefined) return;
    if (type === "error") waiting.get(id)?.reject(new Error(message));
    else waiting.get(id)?.resolve(result);
    waiting.delete(id);
  });
  const call = (method: string, params: object): Promise<unknown> => {
    lastId += 1;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(lastId, answer);
    ws.send(JSON.stringify({ id: lastId, method, params }));
    return answer.promise;
  };
  return { call, problems };
}
