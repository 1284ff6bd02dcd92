/** Examples of responses with the client's tools: calls, unstreamed and streamed, and their outputs. */
import type { EarlierRequest, Example } from "../endpoint.ts";
import type { createResponse } from "../http/responses/endpoint.ts";
import type { EchoedTool } from "../http/responses/tools.ts";
import { functionCall, message, response, stream, messageEvents } from "./responses-shapes.ts";
import { calls, ends, nextCall, says } from "./script.ts";

const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
} as const;

const weather = {
  type: "function",
  name: "get_weather",
  description: "The weather in a city, now.",
  parameters,
} as const;
const echoedTools: EchoedTool[] = [{ ...weather, strict: null }];

const question = "How is the weather in Oslo?";
const spent = { input: 58, output: 16 } as const;
const oslo = functionCall(0, "call_oslo", "get_weather", '{"city":"Oslo"}');
const result = {
  type: "function_call_output",
  call_id: "call_oslo",
  output: '{"celsius":3,"sky":"clear"}',
} as const;

const previousRequest: EarlierRequest = {
  method: "post",
  path: "/v1/responses",
  body: { model: "openclaw", input: question, tools: [weather] },
};

export const responseTools: readonly Example<typeof createResponse>[] = [
  {
    title: "A call of your function",
    request: { body: { model: "openclaw", input: question, tools: [weather] } },
    model: [calls("call_oslo", "get_weather", '{"city":', '"Oslo"}'), ends(spent)],
    reply: response(spent, [oslo], { tools: echoedTools }),
  },
  {
    title: "A call of your function, streamed after some text",
    request: { body: { model: "openclaw", input: question, tools: [weather], stream: true } },
    model: [says("I will look."), calls("call_oslo", "get_weather", '{"city":', '"Oslo"}'), ends(spent)],
    events: stream(
      response(spent, [message(0, "I will look.", "commentary"), { ...oslo, id: "fc_1_1" }], {
        tools: echoedTools,
      }),
      ...messageEvents(message(0, "I will look.", "commentary"), "I will look."),
      {
        type: "response.output_item.added",
        output_index: 1,
        item: { ...oslo, id: "fc_1_1", status: "in_progress", arguments: "" },
      },
      {
        type: "response.function_call_arguments.delta",
        item_id: "fc_1_1",
        output_index: 1,
        delta: '{"city":',
      },
      {
        type: "response.function_call_arguments.delta",
        item_id: "fc_1_1",
        output_index: 1,
        delta: '"Oslo"}',
      },
      {
        type: "response.function_call_arguments.done",
        item_id: "fc_1_1",
        output_index: 1,
        name: "get_weather",
        arguments: '{"city":"Oslo"}',
      },
      { type: "response.output_item.done", output_index: 1, item: { ...oslo, id: "fc_1_1" } },
    ),
  },
  {
    title: "The output of your function, with the whole conversation",
    request: {
      body: {
        model: "openclaw",
        store: false,
        input: [{ role: "user", content: question }, oslo, result],
        tools: [weather],
      },
    },
    model: [says("Clear, and 3 degrees."), ends({ input: 83, output: 7 })],
    reply: response({ input: 83, output: 7 }, [message(0, "Clear, and 3 degrees.")], {
      store: false,
      tools: echoedTools,
    }),
  },
  {
    title: "The output of your function, by the id of the response",
    before: [previousRequest],
    request: {
      body: { model: "openclaw", previous_response_id: "resp_1", input: [result], tools: [weather] },
    },
    model: [
      calls("call_oslo", "get_weather", '{"city":"Oslo"}'),
      ends(spent),
      nextCall,
      says("Clear, and 3 degrees."),
      ends({ input: 83, output: 7 }),
    ],
    reply: response({ input: 83, output: 7 }, [{ ...message(0, "Clear, and 3 degrees."), id: "msg_2_0" }], {
      id: "resp_2",
      previous_response_id: "resp_1",
      tools: echoedTools,
    }),
  },
  {
    title: "Two calls at once",
    request: {
      body: {
        model: "openclaw",
        input: "How is the weather in Oslo and Bergen?",
        tools: [weather],
        tool_choice: "required",
      },
    },
    model: [
      calls("call_oslo", "get_weather", '{"city":"Oslo"}'),
      calls("call_bergen", "get_weather", '{"city":"Bergen"}'),
      ends({ input: 60, output: 32 }),
    ],
    reply: response(
      { input: 60, output: 32 },
      [oslo, functionCall(1, "call_bergen", "get_weather", '{"city":"Bergen"}')],
      { tools: echoedTools, tool_choice: "required" },
    ),
  },
  {
    title: "A call of a custom tool",
    request: {
      body: {
        model: "openclaw",
        input: "List the files.",
        tools: [{ type: "custom", name: "shell", description: "Runs one command." }],
      },
    },
    model: [calls("call_ls", "shell", '{"input":', '"ls -a"}'), ends({ input: 40, output: 9 })],
    reply: response(
      { input: 40, output: 9 },
      [
        {
          type: "custom_tool_call",
          id: "ctc_1_0",
          status: "completed",
          call_id: "call_ls",
          name: "shell",
          input: "ls -a",
        },
      ],
      { tools: [{ type: "custom", name: "shell", description: "Runs one command." }] },
    ),
  },
];
