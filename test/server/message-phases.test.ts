/** The phases that a model gives its texts: they arrive as they are, and go back to it. */
import { expect, onTestFinished, test } from "vitest";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { sseFrames, sseResponse, startScriptedProvider } from "../support/providers/scripted-provider.ts";

interface WireMessage {
  readonly text: string;
  readonly phase?: string;
}

const messages = (...list: readonly WireMessage[]) =>
  sseResponse(
    sseFrames(
      ...list.flatMap(({ text, phase }, output_index) => {
        const id = `msg_${output_index}`;
        const item = { type: "message", id, ...(phase === undefined ? {} : { phase }) };
        return [
          { type: "response.output_item.added", output_index, item },
          { type: "response.output_text.delta", output_index, item_id: id, content_index: 0, delta: text },
          { type: "response.output_item.done", output_index, item },
        ];
      }),
      { type: "response.completed", response: { usage: { input_tokens: 9, output_tokens: 3 } } },
    ),
  );
const commentary = { text: "I look first.", phase: "commentary" };
const answer = { text: "It rains.", phase: "final_answer" };

async function start(...answers: readonly (readonly WireMessage[])[]) {
  const provider = await startScriptedProvider();
  onTestFinished(() => provider.close());
  provider.script(...answers.map((list) => messages(...list)));
  const gateway = await startTestGateway({
    config: {
      gateway: {
        http: { endpoints: { responses: { enabled: true }, chatCompletions: { enabled: true } } },
      },
      models: { providers: { p: { api: "openai-responses", baseUrl: provider.baseUrl } } },
      agents: { defaults: { model: "p/gpt-5.5" }, list: [{ id: "main", tools: { deny: ["*"] } }] },
    },
  });
  const post = async (path: string, body: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify({ model: "openclaw", ...body }) };
    return (await fetch(`${gateway.url}/v1/${path}`, init)).json();
  };
  const respond = async (input: string | readonly object[], more: object = {}) =>
    (await post("responses", { input, ...more })) as {
      readonly id: string;
      readonly output: readonly object[];
    };
  const input = (index: number): readonly object[] => {
    const body = provider.requests()[index]?.body as { readonly input: readonly object[] } | undefined;
    return body?.input ?? [];
  };
  return { post, respond, input };
}

const question = { role: "user", content: "The weather?" };
const next = { role: "user", content: "And now?" };

test("two texts of different phases are two messages, and go back with their phases", async () => {
  const { respond, input } = await start([commentary, answer], [answer], [answer]);
  const { id, output } = await respond([question], { store: true });
  expect(output).toMatchObject([
    { type: "message", phase: "commentary", content: [{ text: commentary.text }] },
    { type: "message", phase: "final_answer", content: [{ text: answer.text }] },
  ]);
  const returned = [
    { role: "assistant", content: commentary.text, phase: "commentary" },
    { role: "assistant", content: answer.text, phase: "final_answer" },
  ];
  await respond([question, ...output, next], { store: false });
  expect(input(1)).toMatchObject([{ role: "user" }, ...returned, { role: "user" }]);
  await respond([next], { previous_response_id: id });
  expect(input(2)).toMatchObject([{ role: "user" }, ...returned, { role: "user" }]);
});

test("the whole answer of a model may be commentary", async () => {
  const { respond } = await start([commentary]);
  expect((await respond([question])).output).toMatchObject([{ phase: "commentary" }]);
});

test("chat completions join the texts", async () => {
  const { post } = await start([commentary, answer]);
  const reply = await post("chat/completions", { messages: [question] });
  const content = `${commentary.text}\n\n${answer.text}`;
  expect(reply).toMatchObject({ choices: [{ message: { content } }] });
});

test("a server that names no phases gets none", async () => {
  const { respond, input } = await start([{ text: answer.text }], [answer]);
  const { output } = await respond([question]);
  expect(output).toMatchObject([{ phase: "final_answer" }]);
  await respond([question, ...output, next], { store: false });
  expect(input(1)[1]).toEqual({ role: "assistant", content: answer.text });
});
