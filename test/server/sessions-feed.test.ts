import { createParser, type EventSourceMessage } from "eventsource-parser";
import { expect, onTestFinished, test } from "vitest";
import {
  createChatBody,
  postChat,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";

interface FeedReader {
  /** Resolves to the next event as short text; undefined when the feed has ended. */
  next(): Promise<string | undefined>;
  readonly lastId: string;
  readonly retry: number | undefined;
  disconnect(): void;
}

interface Message {
  readonly role: string;
  readonly content: readonly { readonly text: string }[];
}

const formatMessage = ({ role, content }: Message): string =>
  `${role}: ${content.map(({ text }) => text).join("")}`;

function formatEvent({ event, data }: EventSourceMessage): string {
  const parsed = JSON.parse(data) as { type: string; message?: Message; messages?: readonly Message[] };
  expect(parsed.type).toBe(event);
  return parsed.message
    ? formatMessage(parsed.message)
    : `[${parsed.messages?.map(formatMessage).join(", ")}]`;
}

async function openFeed(gateway: TestGateway, headers: object = {}, query = ""): Promise<FeedReader> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await fetch(`${gateway.url}/sessions/trip/history${query}`, {
    headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", ...headers },
    signal: controller.signal,
  });
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "text/event-stream; charset=utf-8",
  ]);
  const events: EventSourceMessage[] = [];
  let retry: number | undefined;
  let lastId = "";
  const parser = createParser({ onEvent: (event) => events.push(event), onRetry: (ms) => (retry = ms) });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async next() {
      while (events.length === 0) {
        const read = await reader?.read();
        if (read === undefined || read.done) return undefined;
        parser.feed(read.value);
      }
      const [event] = events.splice(0, 1);
      if (event === undefined) return undefined;
      lastId = event.id ?? "";
      return formatEvent(event);
    },
    get lastId() {
      return lastId;
    },
    get retry() {
      return retry;
    },
    disconnect: () => controller.abort(),
  };
}

async function sendChat(gateway: TestGateway, content: string, ...before: readonly object[]): Promise<void> {
  const body = createChatBody(content, { messages: [...before, { role: "user", content }] });
  const answer = await postChat(gateway.url, body, { headers: { "x-openclaw-session-key": "trip" } });
  expect(answer.status).toBe(200);
  await answer.text();
}

const post = (gateway: TestGateway, method: string, action = ""): Promise<Response> =>
  fetch(`${gateway.url}/sessions/trip${action}`, { method, headers: { authorization: `Bearer ${token}` } });

test("a feed starts with the history and continues with new messages", async () => {
  const gateway = await startTestGateway();
  await sendChat(gateway, "/echo one");
  const feed = await openFeed(gateway);
  expect(await feed.next()).toMatch(/^\[user: \/echo one, assistant: .*\]$/);
  expect(feed.retry).toBe(1_000);
  await sendChat(gateway, "two");
  expect(await feed.next()).toBe("user: two");
  expect(await feed.next()).toMatch(/^assistant: /);
});

test("an interrupted feed resumes after the last received event", async () => {
  const gateway = await startTestGateway();
  await sendChat(gateway, "one");
  const feed = await openFeed(gateway);
  await feed.next();
  const { lastId } = feed;
  feed.disconnect();
  await sendChat(gateway, "two");
  const again = await openFeed(gateway, { "last-event-id": lastId });
  expect(await again.next()).toBe("user: two");
  const third = await openFeed(gateway, { "last-event-id": again.lastId });
  expect(await third.next()).toMatch(/^assistant: /);
  const unknown = await openFeed(gateway, { "last-event-id": "nothing.7" }, "?limit=1");
  expect(await unknown.next()).toMatch(/^\[assistant: .*“two”.*\]$/);
});

test("after a rewind or a reset the history is sent again", async () => {
  const gateway = await startTestGateway();
  await sendChat(gateway, "one");
  const feed = await openFeed(gateway);
  await feed.next();
  await sendChat(gateway, "one");
  expect(await feed.next()).toMatch(/^\[user: one(, assistant: .*)?\]$/);
  expect((await post(gateway, "POST", "/reset")).status).toBe(200);
  let event = await feed.next();
  while (event?.startsWith("assistant: ")) event = await feed.next();
  expect(event).toBe("[]");
  await sendChat(gateway, "two");
  expect(await feed.next()).toBe("user: two");
});

test("a feed ends when the session is deleted", async () => {
  const gateway = await startTestGateway();
  await sendChat(gateway, "one");
  const feed = await openFeed(gateway);
  await feed.next();
  expect((await post(gateway, "DELETE")).status).toBe(200);
  expect(await feed.next()).toBeUndefined();
});

test("a feed ends at once when the gateway stops", async () => {
  const gateway = await startTestGateway();
  await sendChat(gateway, "one");
  const feed = await openFeed(gateway);
  await feed.next();
  const stopping = gateway.stop();
  expect(await feed.next()).toBeUndefined();
  await stopping;
});

test("a session that does not exist has no feed", async () => {
  const gateway = await startTestGateway();
  const response = await fetch(`${gateway.url}/sessions/nobody/history`, {
    headers: { authorization: `Bearer ${token}`, accept: "text/event-stream" },
  });
  expect([response.status, await response.json()]).toMatchObject([
    404,
    { ok: false, error: { code: "session_not_found" } },
  ]);
});
