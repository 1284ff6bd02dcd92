import { expect, test } from "vitest";
import { gatewayEvents, methodExampleSets } from "../../contracts/examples/socket/index.ts";
import { endpoints, events, methods } from "../../contracts/index.ts";
import type { Method, SocketEvent } from "../../contracts/socket/method.ts";

const all = Object.entries<Method>(methods);
const allEvents = Object.entries<SocketEvent>(events);
const examples = methodExampleSets.flatMap((set) => set.examples);

test("every method and every event has its name as key", () => {
  expect(all.map(([, { method }]) => method)).toEqual(all.map(([name]) => name));
  expect(allEvents.map(([, { event }]) => event)).toEqual(allEvents.map(([name]) => name));
});

test("every method has an example of a result", () => {
  const answered = new Set(
    methodExampleSets.flatMap(({ method, examples: own }) =>
      own.some((example) => "result" in example) ? [method.method] : [],
    ),
  );
  expect(all.map(([name]) => name).filter((name) => !answered.has(name))).toEqual([]);
});

test("every event has an example", () => {
  const exampleEvents = new Set([
    ...gatewayEvents.map(({ event }) => event.event),
    ...examples.flatMap(({ events: exampleFrames = [] }) => exampleFrames.map(({ event }) => event)),
  ]);
  expect([...exampleEvents].toSorted()).toEqual(allEvents.map(([name]) => name).toSorted());
});

test("examples are unchanged when their contract parses them", () => {
  for (const { method, examples: own } of methodExampleSets) {
    for (const example of own) {
      const { params, accepted, events: exampleFrames = [] } = example;
      if (!("error" in example)) {
        expect(method.params.parse(params)).toEqual(params);
        expect(method.result.parse(example.result)).toEqual(example.result);
      }
      if (accepted !== undefined) expect(method.accepted?.parse(accepted)).toEqual(accepted);
      for (const { event, payload } of exampleFrames) {
        expect(events[event as keyof typeof events].payload.parse(payload)).toEqual(payload);
      }
    }
  }
  for (const { event, payload } of gatewayEvents) expect(event.payload.parse(payload)).toEqual(payload);
});

test("unknown parameters are dropped; only keys.create rejects them, since a misspelt restriction would be lost", () => {
  const strict = all.filter(([, { params }]) =>
    params.safeParse({ zzz: 1 }).error?.issues.some(({ code }) => code === "unrecognized_keys"),
  );
  expect(strict.map(([name]) => name)).toEqual(["keys.create"]);
});

test("an operation needs the same permission over WebSocket as over HTTP", () => {
  const same = {
    agent: "createChatCompletion",
    "chat.send": "createChatCompletion",
    "tools.invoke": "invokeTool",
    "chat.history": "getSessionHistory",
    "chat.abort": "abortSession",
    "sessions.list": "listSessions",
    "sessions.reset": "resetSession",
    "sessions.delete": "deleteSession",
  } as const;
  for (const [method, endpoint] of Object.entries(same)) {
    const { auth } = methods[method as keyof typeof same];
    expect([method, auth]).toEqual([method, endpoints[endpoint].auth]);
  }
});
