import { expect, test } from "vitest";
import {
  createClient,
  GatewayRequestError,
  isGatewayError,
  type GatewayClient,
} from "../../clients/typescript/src/index.ts";
import { calls, fails, says } from "../../contracts/examples/script.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { chatConfig, startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { createGatedModel, createScriptedModel } from "../support/providers/scripted-model.ts";

const body = { model: "openclaw", messages: [{ role: "user" as const, content: "Say hello." }] };
const twoAgents = { ...chatConfig, agents: { list: [{ id: "main" }, { id: "coder" }] } };

const createTestClient = ({ url }: Pick<TestGateway, "url">): GatewayClient =>
  createClient({ baseUrl: url, token });

/** Resolves to the error of a rejected promise. */
const getFailure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => expect.fail(`expected a failure, got ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );

test("an unstreamed call resolves to the completion", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("Hel"), says("lo.")]) });
  const completion = await createTestClient(gateway).chat.completions.create(body);

  expect(completion.choices[0]?.message.content).toBe("Hello.");
  expect(completion.usage?.total_tokens).toBe(2);
});

test("a reply with a tool call has the call", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([calls("call_1", "now", "{}")]) });
  const completion = await createTestClient(gateway).chat.completions.create({
    ...body,
    tools: [{ type: "function", function: { name: "now" } }],
  });

  expect(completion.choices[0]?.message.tool_calls).toEqual([
    { id: "call_1", type: "function", function: { name: "now", arguments: "{}" } },
  ]);
});

test("the options select the agent and the session", async () => {
  const turnCounts: number[] = [];
  const model = createScriptedModel([says("Hello.")], (call) => turnCounts.push(call.turns.length));
  const gateway = await startTestGateway({ config: twoAgents, model });
  const client = createTestClient(gateway);

  await client.chat.completions.create(body, { agent: "coder", sessionKey: "notes" });
  const stream = await client.chat.completions.create(
    { ...body, messages: [{ role: "user", content: "And again." }], stream: true },
    { agent: "coder", sessionKey: "agent:coder:notes" },
  );
  await stream.text();

  expect(turnCounts).toEqual([1, 3]);
  expect(stream.agentId).toBe("coder");
  expect(stream.sessionKey).toBe("agent:coder:notes");
});

test("the models are the agents", async () => {
  const client = createTestClient(await startTestGateway({ config: twoAgents }));
  const { data } = await client.models.list();

  expect(data.map(({ id }) => id)).toEqual(["openclaw", "openclaw:main", "openclaw:coder"]);
  expect(await client.models.retrieve("openclaw:coder")).toEqual(data[2]);
});

test("health and readiness require no token", async () => {
  const client = createClient({ baseUrl: (await startTestGateway()).url });

  expect(await client.health()).toEqual({ ok: true, status: "live" });
  expect(await client.ready()).toEqual({ ready: true });
});

test("a stopping gateway is not ready, and the call does not reject", async () => {
  const { model, waitForCall, emit } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const client = createTestClient(gateway);
  const running = client.chat.completions.create(body);
  await waitForCall();
  const stopped = gateway.stop();

  expect(await client.ready()).toMatchObject({ ready: false, reasons: [{ code: "shutting_down" }] });
  emit({ type: "finish", reason: "stop" });
  await Promise.all([running, stopped]);
});

test("the headers of the client and of the call are sent, and the call's override", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("Hello.")]) });
  const headers = { "x-request-id": "from-the-client" };
  const client = createClient({ baseUrl: gateway.url, token, headers });
  const getRequestId = async (options: object): Promise<string | undefined> =>
    (await client.chat.completions.create({ ...body, stream: true }, options)).requestId;

  expect(await getRequestId({})).toBe("from-the-client");
  expect(await getRequestId({ headers: { "x-request-id": "from-the-call" } })).toBe("from-the-call");
});

test("a wrong token is an error with every field that the gateway sent", async () => {
  const { url } = await startTestGateway();
  const headers = { "x-request-id": "req-of-mine" };
  const error = await getFailure(createClient({ baseUrl: url, token: "wrong" }).models.list({ headers }));

  expect(error).toBeInstanceOf(GatewayRequestError);
  expect(isGatewayError(error)).toBe(true);
  expect(error).toMatchObject({
    status: 401,
    code: "invalid_api_key",
    type: "authentication_error",
    param: null,
    requestId: "req-of-mine",
    retryAfter: undefined,
    message: expect.stringContaining("credential") as string,
  });
});

test("an unknown agent is an error with 404", async () => {
  const client = createTestClient(await startTestGateway());
  const failures = [
    client.models.retrieve("openclaw:nobody"),
    client.chat.completions.create({ ...body, model: "openclaw:nobody" }),
    client.chat.completions.create({ ...body, model: "openclaw:nobody", stream: true }),
  ];
  for (const failure of await Promise.all(failures.map((each) => getFailure(each)))) {
    expect(failure).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
  }
});

test("a rejected value is an error with the path of the field", async () => {
  const client = createTestClient(await startTestGateway());
  const error = await getFailure(client.chat.completions.create({ ...body, n: 2 }));

  expect(error).toMatchObject({ status: 400, code: "unsupported_value", param: "n" });
});

test("a failure of the provider is an error with the time to wait", async () => {
  const client = createTestClient(await startTestGateway());
  const messages = [{ role: "user" as const, content: "/error 429 7" }];
  const error = await getFailure(client.chat.completions.create({ model: "openclaw", messages }));

  expect(error).toMatchObject({ status: 429, code: "rate_limit_exceeded", retryAfter: 7 });
});

test("a failure of the provider before the stream starts rejects the call", async () => {
  const model = createScriptedModel([fails("upstream_error", "The model provider failed.")]);
  const client = createTestClient(await startTestGateway({ model }));
  const error = await getFailure(client.chat.completions.create({ ...body, stream: true }));

  expect(error).toMatchObject({ status: 502, code: "upstream_error", message: "The model provider failed." });
});

test("no gateway at the address is an error with its cause", async () => {
  const gateway = await startTestGateway();
  await gateway.stop();
  const error = await getFailure(createTestClient(gateway).health());

  expect(error).toMatchObject({ code: "connection_failed", status: undefined, type: null });
  expect(error).toHaveProperty("cause", expect.any(TypeError));
  expect(String(error)).toContain("ECONNREFUSED");
});

test("a gateway that is killed during an unstreamed reply is an error", async () => {
  const gateway = await startGatewayProcess();
  const messages = [{ role: "user" as const, content: "/stall" }];
  const failure = getFailure(
    createTestClient(gateway).chat.completions.create({ model: "openclaw", messages }),
  );
  // Waits for the request to arrive. If it had not, the error would be the same.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await gateway.end("SIGKILL");

  expect(await failure).toMatchObject({ code: "connection_failed", status: undefined });
});

test.for([
  ["a proxy's error page", 502, "<h1>Bad gateway</h1>"],
  ["an error of another API", 400, '{"error":"no"}'],
  ["a page instead of JSON", 200, "<h1>Welcome</h1>"],
  ["an empty response", 200, ""],
] as const)("%s is invalid_response", async ([, status, text]) => {
  const client = createClient({
    baseUrl: "http://gateway.test",
    maxRetries: 0,
    fetch: () =>
      Promise.resolve(new Response(text, { status, headers: { "content-length": String(text.length) } })),
  });
  const failures = [client.models.list(), client.health(), client.ready()];
  for (const failure of failures) {
    expect(await getFailure(failure)).toMatchObject({
      name: "GatewayRequestError",
      code: "invalid_response",
    });
  }
});

test("an abort rejects with its reason and stops the run", async () => {
  const { model, waitForCall } = createGatedModel();
  const controller = new AbortController();
  const client = createTestClient(await startTestGateway({ model }));
  const failure = getFailure(client.chat.completions.create(body, { signal: controller.signal }));
  const run = await waitForCall();
  const reason = new Error("The user closed the window.");
  controller.abort(reason);

  expect(await failure).toBe(reason);
  expect(isGatewayError(reason)).toBe(false);
  await expect.poll(() => run.signal.aborted).toBe(true);
});

test("a custom fetch sends the requests", async () => {
  const { url } = await startTestGateway();
  const requests: string[] = [];
  const client = createClient({
    baseUrl: url,
    fetch: (request) => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      return fetch(request);
    },
  });
  await client.health();
  await client.ready();

  expect(requests).toEqual(["GET /healthz", "GET /readyz"]);
});
