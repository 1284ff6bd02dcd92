import {
  APIError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "openai";
import { describe, expect, test } from "vitest";
import { fails, says } from "../../contracts/examples/script.ts";
import type { OwnErrorCode } from "../../contracts/errors.ts";
import type { ModelStream } from "../../server/agent/types.ts";
import { chatConfig, startTestGateway } from "../support/gateway/gateway.ts";
import { createOpenAIClient, chatRequest } from "../support/clients/openai-client.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

/** A model that counts its calls and fails each one. */
function failing(code: OwnErrorCode): { readonly model: ModelStream; readonly calls: () => number } {
  let calls = 0;
  const model = createScriptedModel([fails(code, "It failed.")], () => (calls += 1));
  return { model, calls: () => calls };
}

async function errorOf(answer: PromiseLike<unknown>): Promise<InstanceType<typeof APIError>> {
  const error: unknown = await Promise.resolve(answer).catch((thrown: unknown) => thrown);
  if (error instanceof APIError) return error;
  throw new Error(`expected an APIError, got ${String(error)}`);
}

describe("before the model call", () => {
  test("a wrong field is a BadRequestError that names it", async () => {
    const { completions } = createOpenAIClient(await startTestGateway()).chat;
    const error = await errorOf(completions.create({ ...chatRequest("hi"), n: 2 }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      param: "n",
      code: "unsupported_value",
      type: "invalid_request_error",
    });
    expect(error.requestID).toMatch(/^req_/);
    expect(error.message).toContain("n: expected 1, got 2");
  });

  test("a wrong field deep in the messages is named by its path", async () => {
    const { completions } = createOpenAIClient(await startTestGateway()).chat;
    const messages = [{ role: "user" as const, content: 5 as unknown as string }];
    const error = await errorOf(completions.create({ model: "openclaw", messages }));
    expect(error).toMatchObject({ status: 400, param: "messages[0].content", code: "invalid_type" });
  });

  test("a wrong key is an AuthenticationError", async () => {
    const client = createOpenAIClient(await startTestGateway(), { apiKey: "wrong" });
    const answers = [client.models.list(), client.chat.completions.create(chatRequest("hi"))];
    for (const error of await Promise.all(answers.map(errorOf))) {
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({ status: 401, code: "invalid_api_key" });
    }
  });

  test("an agent that does not exist is a NotFoundError that lists those that do", async () => {
    const config = { ...chatConfig, agents: { list: [{ id: "main" }, { id: "coder" }] } };
    const client = createOpenAIClient(await startTestGateway({ config }));
    const answers = [
      client.chat.completions.create({ ...chatRequest("hi"), model: "openclaw:codr" }),
      client.models.retrieve("openclaw:codr"),
    ];
    for (const error of await Promise.all(answers.map(errorOf))) {
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
      expect(error.message).toContain("coder");
    }
  });

  test("a disabled endpoint is a NotFoundError that names the setting", async () => {
    const client = createOpenAIClient(await startTestGateway({ config: {} }));
    const error = await errorOf(client.chat.completions.create(chatRequest("hi")));
    expect(error).toMatchObject({ status: 404, code: "endpoint_disabled" });
    expect(error.message).toContain("gateway.http.endpoints.chatCompletions.enabled");
  });
});

test("the SDK retries only where a retry may succeed", async () => {
  const expected = [
    { code: "upstream_rejected", status: 400, type: BadRequestError, callCount: 1 },
    { code: "context_length_exceeded", status: 400, type: BadRequestError, callCount: 1 },
    { code: "run_aborted", status: 409, type: ConflictError, callCount: 1 },
    { code: "rate_limit_exceeded", status: 429, type: RateLimitError, callCount: 3 },
    { code: "upstream_auth", status: 502, type: InternalServerError, callCount: 1 },
    // Three requests, and the gateway itself tries twice.
    { code: "upstream_error", status: 502, type: InternalServerError, callCount: 6 },
    { code: "upstream_timeout", status: 504, type: InternalServerError, callCount: 3 },
    { code: "run_timeout", status: 504, type: InternalServerError, callCount: 1 },
  ] as const;
  const outcomes = await Promise.all(
    expected.map(async ({ code }) => {
      const { model, calls } = failing(code);
      const { completions } = createOpenAIClient(await startTestGateway({ model }), { maxRetries: 2 }).chat;
      const error = await errorOf(completions.create(chatRequest("hi")));
      return { code: error.code, status: error.status, type: error.constructor, callCount: calls() };
    }),
  );

  expect(outcomes).toEqual(expected);
});

test("an internal error is not retried and its cause is not sent", async () => {
  let calls = 0;
  const model: ModelStream = () => {
    calls += 1;
    throw new Error("a secret of the house");
  };
  const { completions } = createOpenAIClient(await startTestGateway({ model }), { maxRetries: 2 }).chat;
  const error = await errorOf(completions.create(chatRequest("hi")));

  expect(error).toBeInstanceOf(InternalServerError);
  expect(error).toMatchObject({ status: 500, code: "internal_error" });
  expect(error.message).not.toContain("secret");
  expect(calls).toBe(1);
});

describe("in a stream", () => {
  test("a failure before the first chunk is an ordinary error", async () => {
    const { model } = failing("upstream_auth");
    const { completions } = createOpenAIClient(await startTestGateway({ model })).chat;
    const error = await errorOf(completions.create({ ...chatRequest("hi"), stream: true }));
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 502, code: "upstream_auth" });
  });

  test("a failure after it is thrown while the stream is read, and nothing is retried", async () => {
    let calls = 0;
    const script = [says("one"), fails("upstream_error", "It failed.")];
    const gateway = await startTestGateway({ model: createScriptedModel(script, () => (calls += 1)) });
    const { completions } = createOpenAIClient(gateway, { maxRetries: 2 }).chat;
    const stream = await completions.create({ ...chatRequest("hi"), stream: true });
    const words: string[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content ?? "");
    };

    expect(await errorOf(read())).toMatchObject({ code: "upstream_error", type: "server_error" });
    expect(words).toEqual(["", "one"]);
    expect(calls).toBe(1);
  });

  test("the helper rejects with that failure", async () => {
    const model = createScriptedModel([says("one"), fails("upstream_protocol", "It was cut.")]);
    const stream = createOpenAIClient(await startTestGateway({ model })).chat.completions.stream(
      chatRequest("hi"),
    );
    expect(await errorOf(stream.finalContent())).toMatchObject({ code: "upstream_protocol" });
  });
});
