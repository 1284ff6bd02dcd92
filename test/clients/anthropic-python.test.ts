/** Python clients of Anthropic's API against the gateway, and against the streams of arbitrary runs. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { RunEvent } from "../../server/agent/types.ts";
import { messagesConfig } from "../support/clients/anthropic-client.ts";
import { findPythonWith, runPython } from "../support/clients/anthropic-python.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { arbitraryRun } from "../support/runs/arbitrary-runs.ts";
import { emitMessage, foldMessage, toEventStream } from "../support/runs/message-events.ts";

const clients = [
  { name: "anthropic", module: "anthropic", file: "messages.py" },
  { name: "langchain", module: "langchain_anthropic", file: "messages_langchain.py" },
  { name: "litellm", module: "litellm", file: "messages_litellm.py" },
] as const;
const pythons = new Map(clients.map(({ name, module }) => [name, findPythonWith(module)]));
const fileOf = (name: string): string => join(import.meta.dirname, "python", name);

const hasFailed = (run: readonly RunEvent[]): boolean => {
  const end = run.at(-1);
  return end?.type === "end" && (end.reason === "error" || end.reason === "aborted");
};

/** Serves the stream of the run whose index is the first segment of the path. */
async function serveRuns(runs: readonly (readonly RunEvent[])[]): Promise<string> {
  const streams = await Promise.all(runs.map(async (run) => toEventStream(await emitMessage(run))));
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(streams[Number(request.url?.split("/")[1])]);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The text of a run and the names of its calls; null for a run that fails. */
async function summarize(run: readonly RunEvent[]): Promise<unknown> {
  if (hasFailed(run)) return null;
  const { content } = await foldMessage(run);
  const text = content.map((block) => (block.type === "text" ? block.text : "")).join("");
  return [text, content.flatMap((block) => (block.type === "tool_use" ? [block.name] : []))];
}

describe.each(clients)("$name", ({ name, file }) => {
  const python = pythons.get(name) ?? "";

  test.skipIf(python === "")("works with an agent", async () => {
    const { url } = await startTestGateway({ config: messagesConfig });
    const env = { OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: token };
    const { stderr } = await runPython(python, [fileOf(file)], env);
    expect(stderr).toMatch(/^Ran [1-9]\d* tests[^]*\nOK\n$/m);
  });

  test.skipIf(python === "")("reads the stream of any run, and raises for those that fail", async () => {
    const runs = fc.sample(arbitraryRun, { numRuns: 200, seed: 7 });
    const args = [fileOf("messages_parsers.py"), name, await serveRuns(runs), String(runs.length)];
    const { stdout } = await runPython(python, args);
    const read = stdout
      .split("\n")
      .filter((line) => /^(?:\[|null$)/.test(line))
      .map((line) => JSON.parse(line) as unknown);
    expect(read).toEqual(await Promise.all(runs.map(summarize)));
  });
});
