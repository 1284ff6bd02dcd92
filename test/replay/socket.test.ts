/** Replays every example of every method and event through a listening gateway and a WebSocket: deep-equal, in order. */
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { gatewayEvents, methodExampleSets } from "../../contracts/examples/socket/index.ts";
import { exampleSecret } from "../../contracts/examples/socket/keys.ts";
import type { AnyMethodExample, Method, OtherCall } from "../../contracts/socket/method.ts";
import { errorTable } from "../../contracts/errors.ts";
import type { SocketLimits } from "../../server/socket/limits.ts";
import { createSequentialIds } from "../support/gateway/replay.ts";
import { startTestGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { connectTestSocket, waitForFinalResponse, type TestSocket } from "../support/sockets/socket.ts";

const config = {
  gateway: { tools: { allow: ["exec"] } },
  agents: { list: [{ id: "main" }, { id: "coder", tools: { deny: ["web_fetch"] } }] },
};
const client = { id: "example", version: "1.0.0", platform: "linux", mode: "test" };

for (const { method, examples } of methodExampleSets) {
  describe(method.method, () => {
    for (const example of examples) test(example.title, () => replay(method, example));
  });
}

async function replay(method: Method, example: AnyMethodExample): Promise<void> {
  const hasConfigFile = method.tag === "Configuration" && method.auth === "config";
  const { socket } = await startGateway({}, example.model, hasConfigFile);
  for (const call of example.before ?? []) await callExample(socket, call);
  const expectedFrames = socket.frames.length;

  const { id = "", payload } = await socket.call(method.method, example.params);
  if (example.accepted !== undefined) expect(payload).toEqual(example.accepted);
  const response = await waitForFinalResponse(socket, id);
  if ("result" in example) {
    const { excerpt, result } = example;
    expect(response).toEqual({
      type: "res",
      id,
      ok: true,
      payload: excerpt ? toPartialMatch(result) : result,
    });
  } else {
    const { code, message, param } = example.error;
    expect(response.ok).toBe(false);
    expect(response.error).toMatchObject({ code: errorTable[code].socket, message });
    expect(response.error?.details).toEqual({ code, ...(param !== undefined && { param }) });
  }

  for (const call of example.after ?? []) await callExample(socket, call);
  const expected = example.events;
  if (expected === undefined) return;
  const events = () =>
    socket.frames
      .slice(expectedFrames)
      .flatMap(({ type, event, payload: actual }) => (type === "event" ? [{ event, payload: actual }] : []));
  await expect.poll(() => events().length).toBe(expected.length);
  expect(events()).toEqual(expected);
}

/** Creates a matcher for values with at least these list items and object keys. `…` matches any text. */
function toPartialMatch(value: unknown): unknown {
  if (Array.isArray(value)) return expect.arrayContaining(value.map(toPartialMatch));
  if (value === "…") return expect.any(String);
  if (typeof value !== "object" || value === null) return value;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(value).map(([key, nested]) => [key, toPartialMatch(nested)])),
  );
}

async function callExample(socket: TestSocket, { method, params }: OtherCall): Promise<void> {
  const { id = "" } = await socket.call(method, params);
  expect(await waitForFinalResponse(socket, id)).toMatchObject({ ok: true });
}

async function startGateway(
  socketLimits: Partial<SocketLimits>,
  model: AnyMethodExample["model"] = [],
  hasConfigFile = false,
): Promise<{ readonly gateway: TestGateway; readonly socket: TestSocket }> {
  const gateway = await startTestGateway({
    config,
    model: createScriptedModel(model),
    clock: () => Date.UTC(2026, 0, 1),
    newId: createSequentialIds(),
    newSecret: () => exampleSecret,
    socketLimits,
    hasConfigFile,
  });
  const scopes = ["operator.admin", ...(hasConfigFile ? ["operator.config"] : [])];
  return { gateway, socket: await connectTestSocket(gateway, { client, scopes }) };
}

/** Leaves of every path the name of the file: the folder is another one in each run. */
const withoutFolders = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, field: unknown) =>
    key === "path" && typeof field === "string" ? basename(field) : field,
  );

/** Triggers each event that the gateway sends without a request. */
const triggers: Readonly<Record<string, () => Promise<TestSocket>>> = {
  tick: async () => (await startGateway({ tickIntervalMs: 500 })).socket,
  health: async () => (await startGateway({ healthIntervalMs: 50 })).socket,
  presence: async () => {
    const { gateway, socket } = await startGateway({ presenceIntervalMs: 200 });
    await connectTestSocket(gateway, { client });
    return socket;
  },
  shutdown: async () => {
    const { gateway, socket } = await startGateway({});
    void gateway.stop();
    return socket;
  },
};

describe("events without a request", () => {
  test.each(gatewayEvents)("$event.event: $title", async ({ event: { event: name }, payload }) => {
    const socket = await triggers[name]?.();
    const frame = await socket?.waitForFrame(({ event }) => event === name);
    expect(withoutFolders(frame?.payload)).toEqual(withoutFolders(payload));
  });
});
