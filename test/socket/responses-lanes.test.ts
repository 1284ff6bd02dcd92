/** Lanes of the WebSocket on /v1/responses: `stream_id`, and what one lane remembers for the others. */
import { expect, test } from "vitest";
import type { ModelStream } from "../../server/agent/types.ts";
import { responsesConfig, startTestGateway } from "../support/gateway/gateway.ts";
import { finishEvent } from "../support/providers/scripted-model.ts";
import {
  openResponsesWebSocket,
  type ResponsesWebSocketClient,
} from "../support/sockets/responses-websocket.ts";

/** A model that repeats the last message and finishes when the test says so. */
function createGatedModel(): { readonly model: ModelStream; release(text: string): void } {
  const releases = new Map<string, () => void>();
  return {
    model: async function* hold({ turns }, signal) {
      const last = turns.at(-1);
      const part = last?.role === "user" ? last.content[0] : undefined;
      const text = part?.type === "text" ? part.text : "";
      yield { type: "text", text: `${text} of ${turns.length}` };
      await new Promise<void>((resolve) => {
        releases.set(text, resolve);
        signal.addEventListener("abort", () => resolve());
      });
      yield finishEvent;
    },
    release: (text) => releases.get(text)?.(),
  };
}

const hasText = (text: string) => (event: { readonly delta?: string }) =>
  event.delta?.startsWith(text) === true;
const isCompleted = ({ type }: { readonly type: string }): boolean => type === "response.completed";
const laneOf = (event: { readonly stream_id?: string } | undefined): string | undefined => event?.stream_id;

async function start(limits: object = {}) {
  const gated = createGatedModel();
  const gateway = await startTestGateway({
    config: responsesConfig,
    model: gated.model,
    responsesSocketLimits: limits,
  });
  return { ...gated, socket: await openResponsesWebSocket(gateway.url) };
}

test("lanes run side by side, a lane is first in, first out, and every event names its lane", async () => {
  const { socket, release } = await start();
  socket.create({ input: "a1", stream_id: "a" });
  socket.create({ input: "a2", stream_id: "a" });
  socket.create({ input: "b1", stream_id: "b" });
  socket.create({ input: "none" });
  await Promise.all(
    ["a1", "b1", "none"].map((text) => expect.poll(() => socket.events.some(hasText(text))).toBe(true)),
  );
  expect(socket.events.some(hasText("a2"))).toBe(false);
  release("a1");
  await expect.poll(() => socket.events.some(hasText("a2"))).toBe(true);
  for (const text of ["none", "b1", "a2"]) release(text);
  await expect.poll(() => socket.events.filter(isCompleted).length).toBe(4);
  const lanes = new Map(socket.events.map((event) => [event.response?.id, laneOf(event)] as const));
  lanes.delete(undefined);
  expect([...lanes.values()].map((lane = "") => lane).toSorted()).toEqual(["", "a", "a", "b"]);
  for (const text of ["a1", "a2", "b1"]) expect(laneOf(socket.events.find(hasText(text)))).toBe(text[0]);
  expect(laneOf(socket.events.find(hasText("none")))).toBe(undefined);
});

async function complete(
  { socket, release }: { socket: ResponsesWebSocketClient; release(text: string): void },
  input: string,
  more: object,
): Promise<string> {
  socket.create({ input, store: false, ...more });
  await socket.waitForEvent(hasText(input));
  release(input);
  return (await socket.waitForEvent(isCompleted)).response?.id ?? "";
}

test("a lane continues what another has in memory; only a failure of its own lane drops it", async () => {
  const client = await start();
  const { socket } = client;
  const parent = await complete(client, "one", { stream_id: "a" });
  await complete(client, "two", { stream_id: "b", previous_response_id: parent });
  expect(socket.events.findLast(hasText("two"))?.delta).toBe("two of 3");

  const failing = { previous_response_id: parent, input: "x", store: false, top_logprobs: 5 };
  socket.create({ ...failing, stream_id: "c" });
  expect(await socket.waitForEvent(({ type }) => type === "error")).toMatchObject({
    stream_id: "c",
    error: { param: "top_logprobs" },
  });
  await complete(client, "three", { stream_id: "d", previous_response_id: parent });

  socket.create({ ...failing, stream_id: "a" });
  await socket.waitForEvent(({ type }) => type === "error");
  socket.create({ previous_response_id: parent, input: "y", store: false, stream_id: "d" });
  expect(await socket.waitForEvent(({ type }) => type === "error")).toMatchObject({
    error: { code: "previous_response_not_found" },
  });
});

test("too many responses in progress, too many lanes and a wrong name are errors of their own", async () => {
  const client = await start({ maxActive: 2, maxLanes: 3 });
  const { socket } = client;
  const waitForError = async (): Promise<unknown> => {
    const { error, status, ...rest } = await socket.waitForEvent(({ type }) => type === "error");
    return [status, error?.code, laneOf(rest)];
  };
  for (const lane of ["a", "b", "c"]) socket.create({ input: lane, stream_id: lane });
  expect(await waitForError()).toEqual([429, "websocket_stream_limit_reached", "c"]);
  for (const lane of ["a", "b"]) {
    await expect.poll(() => socket.events.some(hasText(lane))).toBe(true);
    client.release(lane);
  }
  await expect.poll(() => socket.events.filter(isCompleted).length).toBe(2);
  // Stored responses need no lane. Those in memory do.
  for (const lane of ["d", "e", "f"]) await complete(client, lane, { stream_id: lane });
  socket.create({ input: "g", stream_id: "g" });
  expect(await waitForError()).toEqual([429, "websocket_stream_limit_reached", "g"]);
  for (const stream_id of ["", "a b", 7, "x".repeat(257)]) {
    socket.create({ input: "h", stream_id });
    expect(await waitForError()).toEqual([400, "invalid_stream_id", undefined]);
  }
  socket.create({ input: "i", stream_id: null });
  await socket.waitForEvent(hasText("i"));
});
