import { once } from "node:events";
import { readdirSync } from "node:fs";
import { setImmediate as nextTurnOfEventLoop, setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { calls, says } from "../../contracts/examples/script.ts";
import { createWriteTool } from "../../server/agent/tools/write.ts";
import type { RunEvent, Turn } from "../../server/agent/types.ts";
import { createGatedModel, createModelSequence } from "../support/providers/scripted-model.ts";
import {
  collectEvents,
  createTestRun,
  createTestRunner,
  createTestTool,
  findEnd,
  textOutput,
} from "../support/runs/runs.ts";
import { createToolWorkspace } from "../support/tools/tool-workspace.ts";

const writeCalls = Array.from({ length: 40 }, (_, index) =>
  calls(`c${index}`, "write", JSON.stringify({ path: `${index}.txt`, content: "x" })),
);

const findResults = (events: readonly RunEvent[]): readonly Extract<RunEvent, { type: "tool_result" }>[] =>
  events.filter((event) => event.type === "tool_result");

test("an aborted run begins none of its queued calls, and each gets a result that says so", async () => {
  const { workspace, folder } = createToolWorkspace();
  const caller = new AbortController();
  const { model, modelCalls } = createModelSequence(writeCalls, [says("never asked")]);
  const run = createTestRun({
    model,
    agent: { tools: [createWriteTool(() => workspace)] },
    signal: caller.signal,
  });
  const events: RunEvent[] = [];
  for await (const event of createTestRunner().runAgent(run)) {
    events.push(event);
    if (event.type === "tool_result") caller.abort();
  }
  expect(readdirSync(folder)).toEqual(["0.txt"]);
  const [first, ...others] = findResults(events);
  expect(first?.output.isError).toBe(false);
  expect(others).toHaveLength(39);
  for (const { output } of others)
    expect(output.content).toEqual([
      { type: "text", text: "Not run: the run was aborted before this call began." },
    ]);
  expect(findEnd(events).reason).toBe("aborted");
  expect(modelCalls).toHaveLength(1);
});

test("calls that change no files run side by side, and those that wait for a place do not begin after an abort", async () => {
  const caller = new AbortController();
  let begun = 0;
  const wait = createTestTool("wait", async (_, { signal }) => {
    begun += 1;
    if (begun === 8) caller.abort();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve());
    });
    return textOutput("stopped");
  });
  const { model } = createModelSequence(
    Array.from({ length: 20 }, (_, index) => calls(`c${index}`, "wait", JSON.stringify({ index }))),
  );
  const run = createTestRun({ model, agent: { tools: [wait] }, signal: caller.signal });
  const events = await collectEvents(createTestRunner().runAgent(run));
  expect(begun).toBe(8);
  expect(findResults(events)).toHaveLength(20);
});

test("files are changed in the order of the calls", async () => {
  const order: unknown[] = [];
  const change = createTestTool(
    "change",
    (args) => {
      order.push((args as { index: number }).index);
      return Promise.resolve(textOutput("done"));
    },
    { changesFiles: true },
  );
  const { model } = createModelSequence(
    Array.from({ length: 20 }, (_, index) => calls(`c${index}`, "change", JSON.stringify({ index }))),
    [says("done")],
  );
  await collectEvents(createTestRunner().runAgent(createTestRun({ model, agent: { tools: [change] } })));
  expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
});

test("watchers get exactly one end, last, when the consumer leaves, and the log its line", async () => {
  const { runAgent, running, lines } = createTestRunner();
  const watched: RunEvent[] = [];
  running.watch(() => (event) => void watched.push(event));
  const { model, emit } = createGatedModel();
  emit({ type: "text", text: "hel" });
  for await (const event of runAgent(createTestRun({ model }))) if (event.type === "text") break;
  expect(watched.map(({ type }) => type)).toEqual(["start", "text", "end"]);
  expect(findEnd(watched).reason).toBe("aborted");
  expect(lines).toMatchObject([{ outcome: "aborted" }]);
  expect(running.count()).toBe(0);
});

test("watchers get exactly one end when the consumer fails in the middle", async () => {
  const { runAgent, running, lines } = createTestRunner();
  const watched: RunEvent[] = [];
  running.watch(() => (event) => void watched.push(event));
  const { model, emit } = createGatedModel();
  emit({ type: "text", text: "hel" });
  const consume = async (): Promise<void> => {
    for await (const event of runAgent(createTestRun({ model }))) {
      if (event.type === "text") throw new Error("the store failed");
    }
  };
  await expect(consume()).rejects.toThrow("the store failed");
  expect(watched.filter(({ type }) => type === "end")).toHaveLength(1);
  expect(lines).toHaveLength(1);
});

test("a watcher that throws disturbs neither the run nor the other watchers", async () => {
  const { runAgent, running } = createTestRunner();
  const watched: RunEvent[] = [];
  running.watch(() => () => {
    throw new Error("broken watcher");
  });
  running.watch(() => (event) => void watched.push(event));
  const { model } = createModelSequence([says("hi")]);
  const events = await collectEvents(runAgent(createTestRun({ model })));
  expect(findEnd(events).reason).toBe("stop");
  expect(watched).toEqual(events);
});

test("nothing comes after the end of a run: not the output of a tool that goes on", async () => {
  const goesOn = Promise.withResolvers<void>();
  const look = createTestTool("look", (_, { report }) => {
    void goesOn.promise.then(() => report("late"));
    return Promise.resolve(textOutput("done"));
  });
  const { model } = createModelSequence([calls("c1", "look", "{}")], [says("answer")]);
  const { pushRun, running } = createTestRunner();
  const emitted: string[] = [];
  const watched: string[] = [];
  running.watch(
    () =>
      ({ type }) =>
        void watched.push(type),
  );
  await pushRun(createTestRun({ model, agent: { tools: [look] } }), {
    emit: ({ type }) => void emitted.push(type),
  });
  goesOn.resolve();
  await nextTurnOfEventLoop();
  expect(emitted.at(-1)).toBe("end");
  expect(watched.at(-1)).toBe("end");
});

test("a run that fails between two results begins none of its queued calls and stops those at work", async () => {
  let begun = 0;
  const wait = createTestTool("wait", async (args, { signal }) => {
    begun += 1;
    if (begun === 1) return textOutput("first");
    await Promise.race([sleep(50), once(signal, "abort")]);
    return textOutput(String(args));
  });
  const { model } = createModelSequence(
    Array.from({ length: 20 }, (_, index) => calls(`c${index}`, "wait", JSON.stringify({ index }))),
  );
  const journal = {
    add: ({ role }: Turn): Promise<void> =>
      role === "tool" ? Promise.reject(new Error("the disk is full")) : Promise.resolve(),
    replace: (): Promise<void> => Promise.resolve(),
  };
  const run = createTestRun({ model, agent: { tools: [wait] }, journal });
  const events = await collectEvents(createTestRunner().runAgent(run));
  expect(findEnd(events).reason).toBe("error");
  const begunAtEnd = begun;
  await sleep(300);
  expect(begun).toBe(begunAtEnd);
});
