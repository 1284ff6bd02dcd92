/** Examples of compaction and of counting input tokens. `encrypted_content` is encrypted with the tests' key. */
import { examplesFor } from "../endpoint.ts";
import { compactResponse } from "../http/responses/compact.ts";
import { countInputTokens } from "../http/responses/input-tokens.ts";
import { ends, fails, says } from "./script.ts";

const conversation = [
  { role: "user", content: "I am Ada. My train leaves at noon." },
  { role: "assistant", content: "Noted." },
] as const;

export const responseCompaction = examplesFor(compactResponse, [
  {
    title: "A conversation made short",
    request: { body: { model: "openclaw", input: [...conversation] } },
    model: [says("Ada's train leaves at noon."), ends({ input: 90, output: 7 })],
    reply: {
      id: "resp_1",
      object: "response.compaction",
      created_at: 1767225600,
      output: [
        {
          type: "compaction",
          id: "cmp_1_0",
          encrypted_content: "rEnVo_PyxV9oqMweHMhWY2ueYMnIXrmTrknSR4UbnWrqlreaAbWFgrZ_OvvrMmoNsqL3Na0fIg",
        },
      ],
      usage: {
        input_tokens: 90,
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 97,
      },
    },
  },
  {
    title: "Nothing to make short",
    request: { body: { model: "openclaw", input: [{ role: "developer", content: "Be brief." }] } },
    error: {
      code: "invalid_value",
      message: "input: there is no conversation in it; send messages of the user's and the assistant's",
      param: "input",
    },
  },
  {
    title: "A provider that fails",
    request: { body: { model: "openclaw", input: [...conversation] } },
    model: [fails("upstream_error", "The model provider failed with status 500.")],
    error: {
      code: "upstream_error",
      message: "The model provider failed with status 500.",
      param: null,
    },
  },
]);

export const inputTokens = examplesFor(countInputTokens, [
  {
    title: "A conversation and a tool that has to be called, which keeps the agent's own away",
    request: {
      body: {
        model: "openclaw",
        input: [...conversation],
        tools: [{ type: "function", name: "find_train", description: "Finds the next train." }],
        tool_choice: "required",
      },
    },
    replyHeaders: { "x-openclaw-token-count": "estimate" },
    reply: { object: "response.input_tokens", input_tokens: 23 },
  },
  {
    title: "Nothing to measure",
    request: { body: { model: "openclaw" } },
    error: { code: "missing_required_parameter", message: "input: is required", param: "input" },
  },
]);
