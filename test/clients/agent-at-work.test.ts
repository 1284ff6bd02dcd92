import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { calls, says, type ScriptStep } from "../../contracts/examples/script.ts";
import type { Model } from "../../server/agent/types.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { png } from "../support/tools/mcp-tools.ts";
import { createStdioMcpServer } from "../support/tools/mcp-processes.ts";
import { createTextPdf } from "../support/documents/pdf.ts";
import {
  completionChunk,
  sseFrames,
  startScriptedProvider,
  sseResponse,
} from "../support/providers/scripted-provider.ts";
import { createOpenAIClient, chatRequest } from "../support/clients/openai-client.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

// An agent works with its own tools, observed through OpenAI's SDK.

const chat = { endpoints: { chatCompletions: { enabled: true } } };

async function startAgent(
  scripts: readonly (readonly ScriptStep[])[],
  config: ConfigInput = {},
): Promise<{
  readonly gateway: TestGateway;
  readonly modelCalls: ReturnType<typeof createModelSequence>["modelCalls"];
}> {
  const { model, modelCalls } = createModelSequence(...scripts);
  const gateway = await startTestGateway({
    model,
    config: { ...config, gateway: { ...config.gateway, http: chat } },
  });
  return { gateway, modelCalls };
}

const readLastText = (call: Parameters<Model>[0] | undefined): string => {
  const turn = call?.turns.at(-1);
  const part = turn?.role === "tool" ? turn.content[0] : undefined;
  return part?.type === "text" ? part.text : "";
};

test("create hello.py that prints 42, run it and tell me the output", async () => {
  const { gateway, modelCalls } = await startAgent([
    [calls("c1", "write", JSON.stringify({ path: "hello.py", content: "print(42)\n" }))],
    [calls("c2", "exec", JSON.stringify({ command: "python3 hello.py || echo 42" }))],
    [says("It prints 42.")],
  ]);
  const completion = await createOpenAIClient(gateway).chat.completions.create(
    chatRequest("create hello.py that prints 42, run it and tell me the output"),
  );
  expect(completion.choices[0]?.message).toMatchObject({ content: "It prints 42." });
  expect(completion.choices[0]?.finish_reason).toBe("stop");
  expect(readFileSync(join(gateway.stateDir, "workspace/hello.py"), "utf8")).toBe("print(42)\n");
  expect(readLastText(modelCalls[2])).toMatch(/^42\n/);
});

test("files of the workspace are part of the system prompt", async () => {
  const { gateway, modelCalls } = await startAgent([
    [calls("c1", "write", JSON.stringify({ path: "AGENTS.md", content: "Always answer in verse." }))],
    ...Array.from({ length: 100 }, () => [says("ok")]),
  ]);
  const client = createOpenAIClient(gateway);
  await client.chat.completions.create(chatRequest("remember"));
  expect(modelCalls[0]?.system).not.toContain("verse");
  // The files are read at most once a second.
  const readSystemPrompt = async (): Promise<string | undefined> => {
    await client.chat.completions.create(chatRequest("and now?"));
    return modelCalls.at(-1)?.system;
  };
  await expect.poll(readSystemPrompt, { interval: 250 }).toContain("Always answer in verse.");
});

test("the tool of an MCP server is called by the agent and by name", async () => {
  const script = createStdioMcpServer();
  const { gateway, modelCalls } = await startAgent(
    [[calls("c1", "notes__echo", '{"text":"from the agent"}')], [says("ok")]],
    {
      tools: { mcpServers: { notes: script.server } },
    },
  );
  await createOpenAIClient(gateway).chat.completions.create(chatRequest("echo"));
  expect(modelCalls[0]?.tools.map(({ name }) => name)).toContain("notes__echo");
  expect(readLastText(modelCalls[1])).toContain("from the agent");
  const direct = await fetch(`${gateway.url}/tools/invoke`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ tool: "notes__echo", args: { text: "by name" } }),
  });
  expect(JSON.stringify(await direct.json())).toContain("by name");
});

test("client tools and agent tools work together, and the run continues with its full history", async () => {
  const { gateway, modelCalls } = await startAgent([
    [calls("c1", "write", '{"path":"a.txt","content":"seven"}')],
    [calls("c2", "read", '{"path":"a.txt"}'), calls("c3", "get_weather", '{"city":"Oslo"}')],
    [says("Seven degrees.")],
  ]);
  const client = createOpenAIClient(gateway);
  const tools = [{ type: "function" as const, function: { name: "get_weather" } }];
  const { messages, model } = chatRequest("weather?");
  const first = await client.chat.completions.create({ model, messages, tools });
  const message = first.choices[0]?.message;
  expect(message?.tool_calls?.map(({ id }) => id)).toEqual(["c3"]);
  if (message === undefined) throw new Error("no message");
  const second = await client.chat.completions.create({
    model,
    tools,
    messages: [...messages, message, { role: "tool", tool_call_id: "c3", content: "7 °C" }],
  });
  expect(second.choices[0]?.message.content).toBe("Seven degrees.");
  const results = modelCalls[2]?.turns.flatMap((turn) => (turn.role === "tool" ? [turn.callId] : []));
  expect(results).toEqual(["c1", "c2", "c3"]);
});

test("a denied tool's message names a setting, and changing that setting allows the tool", async () => {
  const invokeTool = async (
    allow: readonly string[],
  ): Promise<{ error?: { message: string }; ok: boolean }> => {
    const { gateway } = await startAgent([[says("")]], { gateway: { tools: { allow: [...allow] } } });
    const response = await fetch(`${gateway.url}/tools/invoke`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ tool: "bash", action: "run", args: { command: "ls -la" } }),
    });
    return (await response.json()) as { error?: { message: string }; ok: boolean };
  };
  const denied = await invokeTool([]);
  const [, name, setting] = /add "(\w+)" to ([\w.]*\w)/.exec(denied.error?.message ?? "") ?? [];
  expect([name, setting]).toEqual(["exec", "gateway.tools.allow"]);
  expect((await invokeTool([name ?? ""])).ok).toBe(true);
});

test("an image reaches the provider unchanged, and a PDF as its text", async () => {
  await using provider = await startScriptedProvider();
  provider.script(
    sseResponse(
      sseFrames(
        completionChunk({ content: "A dot, and a bill over 42 crowns." }),
        completionChunk({}, "stop"),
      ),
    ),
  );
  const gateway = await startTestGateway({
    config: {
      gateway: { http: chat },
      agents: { defaults: { model: "p/eyes" } },
      models: { providers: { p: { baseUrl: provider.baseUrl } } },
    },
  });
  const pdf = `data:application/pdf;base64,${createTextPdf([`Bill\n${"42 crowns ".repeat(30)}`]).toString("base64")}`;
  const stream = createOpenAIClient(gateway).chat.completions.stream({
    model: "openclaw",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What are these?" },
          { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } },
          { type: "file", file: { filename: "bill.pdf", file_data: pdf } },
        ],
      },
    ],
  });
  expect(await stream.finalContent()).toBe("A dot, and a bill over 42 crowns.");
  const body = provider.requests()[0]?.body as {
    readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  };
  const requestParts = body.messages.at(-1)?.content as readonly {
    readonly type: string;
    readonly text?: string;
  }[];
  expect(requestParts[1]).toMatchObject({
    type: "image_url",
    image_url: { url: `data:image/png;base64,${png}` },
  });
  expect(requestParts[2]?.text).toContain("bill.pdf");
  expect(requestParts[2]?.text).toContain("42 crowns");
});
