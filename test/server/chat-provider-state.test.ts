/** What providers attach to thinking and calls goes back to them through chat clients that return `reasoning_details`. */
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { readRecordedStream, apiNames, type ApiName } from "../support/providers/ai-sdk.ts";
import { chatConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";
import { sseResponse, startScriptedProvider } from "../support/providers/scripted-provider.ts";

type Message = OpenAI.ChatCompletionMessage & { reasoning_details?: object[] };
const tools = ["look", "walk"].map((name) => ({
  type: "function" as const,
  function: { name, parameters: {} },
}));
const question = { role: "user" as const, content: "Go." };

/** Answers once with calls, in the form of a client that collects what a stream brings. */
async function ask(client: OpenAI, stream: boolean): Promise<Message> {
  const body = { model: "openclaw", messages: [question], tools };
  if (!stream) return (await client.chat.completions.create(body)).choices[0]?.message as Message;
  const message: Message = {
    role: "assistant",
    content: "",
    refusal: null,
    tool_calls: [],
    reasoning_details: [],
  };
  for await (const { choices } of await client.chat.completions.create({ ...body, stream: true })) {
    const delta = choices[0]?.delta as Partial<Message> & OpenAI.ChatCompletionChunk.Choice.Delta;
    message.content += delta.content ?? "";
    message.reasoning_details?.push(...(delta.reasoning_details ?? []));
    for (const { index, id, function: called } of delta.tool_calls ?? []) {
      const calls = message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
      const call = (calls[index] ??= {
        id: id ?? "",
        type: "function",
        function: { name: called?.name ?? "", arguments: "" },
      });
      call.function.arguments += called?.arguments ?? "";
    }
  }
  return message;
}

interface Fixture {
  readonly client: OpenAI;
  readonly gateway: Awaited<ReturnType<typeof startTestGateway>>;
  readonly sendBack: (message: Message, by?: OpenAI) => Promise<string>;
}

async function start(
  api: ApiName,
  provider: Awaited<ReturnType<typeof startScriptedProvider>>,
): Promise<Fixture> {
  provider.script(
    sseResponse(readRecordedStream(api, "parallel-calls")),
    sseResponse(readRecordedStream(api, "text")),
  );
  const gateway = await startTestGateway({
    config: {
      ...chatConfig,
      models: { providers: { a: { baseUrl: provider.baseUrl, apiKey: "k", api } } },
      agents: { defaults: { model: "a/m" } },
    },
  });
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: token, maxRetries: 0 });
  return {
    client,
    gateway,
    async sendBack(message, by = client) {
      const results = (message.tool_calls ?? []).map(({ id }) => ({
        role: "tool" as const,
        tool_call_id: id,
        content: "done",
      }));
      await by.chat.completions.create({
        model: "openclaw",
        messages: [question, message, ...results],
        tools,
      });
      return JSON.stringify(provider.requests()[1]?.body);
    },
  };
}

/** What the recorded streams attach. */
const states: Readonly<Record<ApiName, readonly string[]>> = {
  "anthropic-messages": ['"thinking":"Two looks."', '"signature":"c2lnbmVk"'],
  "openai-responses": ['"encrypted_content":"'],
  "google-generative-ai": ['"thoughtSignature":"'],
};

describe.for(apiNames)("%s", (api) => {
  test.for([true, false])("comes back, streamed: %s", async (stream) => {
    await using provider = await startScriptedProvider();
    const { client, sendBack } = await start(api, provider);
    const message = await ask(client, stream);
    expect(message.tool_calls).toHaveLength(2);
    expect(message.reasoning_details).toMatchObject([
      { type: "reasoning.encrypted", format: "openclaw-turn-1" },
    ]);
    const details = JSON.stringify(message.reasoning_details);
    for (const state of states[api]) expect(details).not.toContain(state);
    const body = await sendBack(message);
    for (const state of states[api]) expect(body).toContain(state);
  });

  test("does not come back without the details, nor from another credential or a changed text", async () => {
    for (const forge of ["drop", "other", "change"] as const) {
      await using provider = await startScriptedProvider();
      const { client, gateway, sendBack } = await start(api, provider);
      const message = await ask(client, false);
      const [detail] = message.reasoning_details as { readonly data: string }[];
      if (forge === "drop") delete message.reasoning_details;
      if (forge === "change")
        message.reasoning_details = [{ ...detail, data: `${detail?.data.slice(0, -4)}AAAA` }];
      const other = new OpenAI({
        baseURL: `${gateway.url}/v1`,
        apiKey: forge === "other" ? await createKey(gateway, "other") : token,
      });
      const body = await sendBack(message, other);
      for (const state of states[api].filter(
        (each) => each.includes("ignature") || each.includes("encrypted"),
      ))
        expect(body).not.toContain(state);
    }
  });
});

test("a client that changes the text keeps the signatures", async () => {
  await using provider = await startScriptedProvider();
  const { client, sendBack } = await start("anthropic-messages", provider);
  const message = await ask(client, false);
  const body = await sendBack({ ...message, content: `${message.content} ` });
  expect(body).toContain('"signature":"c2lnbmVk"');
});
