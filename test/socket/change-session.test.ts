import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { createGatedModel, finishEvent } from "../support/providers/scripted-model.ts";
import { connectTestSocket, waitForFinalResponse, type TestSocket } from "../support/sockets/socket.ts";

interface Message {
  readonly seq: number;
  readonly role: string;
  readonly content: readonly { readonly text: string }[];
}

async function say(socket: TestSocket, text: string, sessionKey = "main"): Promise<void> {
  const { id = "" } = await socket.call("agent", {
    message: `say ${text}`,
    sessionKey,
    idempotencyKey: `${sessionKey}-${text}`,
  });
  expect(await waitForFinalResponse(socket, id)).toMatchObject({ ok: true });
}

const readMessages = async (socket: TestSocket, sessionKey = "main"): Promise<readonly Message[]> =>
  (await socket.request<{ messages: readonly Message[] }>("chat.history", { sessionKey })).messages;

const readTexts = async (socket: TestSocket, sessionKey?: string): Promise<readonly string[]> =>
  (await readMessages(socket, sessionKey)).map(({ content }) => content[0]?.text ?? "");

test("a rewound question makes room for another one", async () => {
  const socket = await connectTestSocket(await startTestGateway());
  await say(socket, "one");
  await say(socket, "two");
  const [, , question] = await readMessages(socket);
  expect(await socket.request("sessions.rewind", { key: "main", seq: question?.seq })).toMatchObject({
    removed: 2,
  });
  await say(socket, "three");
  expect(await readTexts(socket)).toEqual(["say one", "one", "say three", "three"]);
});

test("a branch has the conversation up to a message, rewinds included, and goes its own way", async () => {
  const socket = await connectTestSocket(await startTestGateway());
  await say(socket, "one");
  await say(socket, "wrong");
  const [, , wrong] = await readMessages(socket);
  await socket.request("sessions.rewind", { key: "main", seq: wrong?.seq });
  await say(socket, "two");
  const messages = await readMessages(socket);
  const { key } = await socket.request<{ key: string }>("sessions.branch", {
    key: "main",
    seq: messages.at(-1)?.seq,
    label: "Other",
  });
  await say(socket, "three", key);
  expect(await readTexts(socket, key)).toEqual(["say one", "one", "say two", "two", "say three", "three"]);
  expect(await readTexts(socket)).toEqual(["say one", "one", "say two", "two"]);
  expect(await socket.request("sessions.describe", { key })).toMatchObject({ session: { label: "Other" } });
});

test("a session at work is not rewound", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const socket = await connectTestSocket(await startTestGateway({ model }));
  await socket.call("agent", { message: "work", idempotencyKey: "run-1" });
  await waitForCall();
  const frame = await socket.call("sessions.rewind", { key: "main", seq: 1 });
  expect(frame.error?.details).toMatchObject({ code: "session_busy" });
  emit(finishEvent);
});
