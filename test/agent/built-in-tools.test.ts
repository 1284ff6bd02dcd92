import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { calls, ends, fails, says } from "../../contracts/examples/script.ts";
import type { ModelCall, Run, RunEvent, ToolDefinition } from "../../server/agent/types.ts";
import {
  collectEvents,
  findEnd,
  textOutput,
  createTestRun,
  createTestRunner,
  joinText,
  createTestTool,
  userTurn,
  foldEvents,
} from "../support/runs/runs.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { modelTurn } from "../support/runs/turns.ts";

const look: ToolDefinition = { name: "look" };

const run = (options: Parameters<typeof createTestRun>[0]): Promise<readonly RunEvent[]> =>
  collectEvents(createTestRunner().runAgent(createTestRun(options)));

/** The texts of the tool results in the last `count` turns of a model call. */
const toolResults = (call: ModelCall | undefined, count: number): readonly unknown[] =>
  (call?.turns ?? []).slice(-count).map((turn) => {
    const part = turn.role === "tool" ? turn.content[0] : undefined;
    return part?.type === "text" ? part.text : undefined;
  });

test("are run, their results go to the model, and the client sees no tool call", async () => {
  const received: unknown[] = [];
  const own = createTestTool("add", (args) => {
    received.push(args);
    return Promise.resolve(textOutput("3"));
  });
  const { model, modelCalls } = createModelSequence(
    [calls("c1", "add", '{"a":1,"b":2}')],
    [says("It is 3.")],
  );
  const events = await run({ model, agent: { tools: [own] } });
  expect(received).toEqual([{ a: 1, b: 2 }]);
  expect(joinText(events)).toBe("It is 3.");
  expect(events.some(({ type }) => type === "tool_call")).toBe(false);
  expect(modelCalls[0]?.tools).toMatchObject([{ name: "add", parameters: { type: "object" } }]);
  expect(modelCalls[1]?.turns.at(-1)).toMatchObject({ role: "tool", callId: "c1", own: true });
  expect(findEnd(events).usage).toMatchObject({ input: 2, output: 2 });
});

test("run in parallel; invalid arguments, a thrown error and an unknown name are error results", async () => {
  let running = 0;
  let most = 0;
  const slow = createTestTool("slow", async () => {
    most = Math.max(most, ++running);
    await sleep(20);
    running -= 1;
    return textOutput("done");
  });
  const bad = createTestTool("bad", () => Promise.reject(new Error("no such file")));
  const picky = createTestTool("picky", () => Promise.resolve(textOutput("never")), {
    check: () => [{ path: ["path"], kind: "missing", message: "is required" }],
  });
  const { model, modelCalls } = createModelSequence(
    [
      calls("c1", "slow", "{}"),
      calls("c2", "slow", "{}"),
      calls("c3", "bad", "{}"),
      calls("c4", "none", "{}"),
      calls("c5", "slow", "{"),
      calls("c6", "picky", "{}"),
    ],
    [says("ok")],
  );
  await run({ model, agent: { tools: [slow, bad, picky] } });
  expect(most).toBe(2);
  expect(toolResults(modelCalls[1], 6)).toEqual([
    "done",
    "done",
    "no such file",
    'There is no tool "none". The tools are: slow, bad, picky.',
    expect.stringMatching(/^The arguments are not valid JSON/),
    "The arguments of picky are wrong; nothing was done.\n- path: is required",
  ]);
});

test("a call may have blanks or a namespace in its name, and nulls or a JSON text in its arguments", async () => {
  const received: unknown[] = [];
  const own = createTestTool(
    "own",
    (args) => {
      received.push(args);
      return Promise.resolve(textOutput("done"));
    },
    {
      check: (args) =>
        Object.entries(args as object).flatMap(([key, value]) =>
          value === null && key !== "nullable" ? [{ path: [key], kind: "type", message: "got null" }] : [],
        ),
    },
  );
  const { model, modelCalls } = createModelSequence(
    [
      calls("c1", " own", '{"a":1,"b":null}'),
      calls("c2", "functions.own", JSON.stringify('{"a":2}')),
      calls("c3", "own", '{"nullable":null}'),
    ],
    [says("ok")],
  );
  await run({ model, agent: { tools: [own] } });
  expect(received).toEqual([{ a: 1 }, { a: 2 }, { nullable: null }]);
  expect(toolResults(modelCalls[1], 3)).toEqual(["done", "done", "done"]);
});

test("of many calls in one step eight run at a time, and all are run", async () => {
  let running = 0;
  let most = 0;
  const slow = createTestTool("slow", async () => {
    most = Math.max(most, ++running);
    await sleep(5);
    running -= 1;
    return textOutput("done");
  });
  const many = Array.from({ length: 20 }, (_, i) => calls(`c${i}`, "slow", `{"n":${i}}`));
  const { model, modelCalls } = createModelSequence(many, [says("ok")]);
  await run({ model, agent: { tools: [slow] } });
  expect(most).toBe(8);
  expect(toolResults(modelCalls[1], 20)).toEqual(many.map(() => "done"));
});

test("the events are the start, the output as it arrives, and the result", async () => {
  const own = createTestTool("work", async (_, { report }) => {
    report("one");
    await sleep(5);
    report("two");
    return textOutput("one two");
  });
  const { model } = createModelSequence([calls("c1", "work", "{}")], [says("ok")]);
  const events = await run({ model, agent: { tools: [own] } });
  expect(events.map((event) => (event.type === "tool_output" ? event.text : event.type))).toEqual([
    "start",
    "step",
    "tool_start",
    "one",
    "two",
    "tool_result",
    "text",
    "step",
    "end",
  ]);
});

test("a long result is truncated with a note", async () => {
  const own = createTestTool("big", () =>
    Promise.resolve(textOutput(`${"x".repeat(99_999)}😀${"y".repeat(50)}`)),
  );
  const { model, modelCalls } = createModelSequence([calls("c1", "big", "{}")], [says("ok")]);
  await run({ model, agent: { tools: [own] } });
  const turn = modelCalls[1]?.turns.at(-1);
  expect(turn?.role === "tool" ? turn.content : []).toEqual([
    { type: "text", text: "x".repeat(99_999) },
    { type: "text", text: "[cut: 51 more characters were not kept]" },
  ]);
});

test("the same call is not run a third time in a row; a different call resets the count", async () => {
  let ran = 0;
  const own = createTestTool("again", () => {
    ran += 1;
    return Promise.resolve(textOutput("same"));
  });
  const same = [calls("", "again", '{"a": 1}')];
  const { model, modelCalls } = createModelSequence(
    same,
    [calls("", "again", '{"a":1}')],
    same,
    [calls("", "again", "{}")],
    same,
    [says("ok")],
  );
  await run({ model, agent: { tools: [own] } });
  expect(ran).toBe(4);
  expect(toolResults(modelCalls[3], 1)[0]).toMatch(
    /^again was called with the same arguments 3 times in a row/,
  );
});

test("a tool with mayRepeat is run every time", async () => {
  let ran = 0;
  const poll = createTestTool("poll", () => Promise.resolve(textOutput(String(++ran))), {
    isRepeatable: true,
  });
  const same = [calls("", "poll", "{}")];
  const { model } = createModelSequence(same, same, same, same, [says("ok")]);
  await run({ model, agent: { tools: [poll] } });
  expect(ran).toBe(4);
});

test("maxToolCalls ends the calls, not the run", async () => {
  let ran = 0;
  const own = createTestTool("add", () => Promise.resolve(textOutput(String(++ran))));
  const { model, modelCalls } = createModelSequence(
    [calls("c1", "add", '{"a":1}'), calls("c2", "add", '{"a":2}'), calls("c3", "add", '{"a":3}')],
    [says("ok")],
  );
  const events = await run({ model, maxToolCalls: 2, agent: { tools: [own] } });
  expect(ran).toBe(2);
  expect(toolResults(modelCalls[1], 1)).toEqual([
    "The limit of tool calls is reached. Answer with what you have.",
  ]);
  expect(findEnd(events).reason).toBe("stop");
});

test("a client's tool hides an agent's tool of the same name", async () => {
  const own = createTestTool("look", () => Promise.reject(new Error("must not run")));
  const { model, modelCalls } = createModelSequence([calls("c1", "look", "{}")]);
  const options = createTestRun({ model, tools: [look], agent: { tools: [own] } });
  expect((await foldEvents(createTestRunner().runAgent(options))).reason).toBe("tool_calls");
  expect(modelCalls[0]?.tools).toEqual([look]);
});

test('are run with tool_choice "none" too, which is about the client\'s', async () => {
  const own = createTestTool("add", () => Promise.resolve(textOutput("3")));
  const { model, modelCalls } = createModelSequence(
    [calls("c1", "look", "{}"), calls("c2", "add", "{}")],
    [says("It is 3.")],
  );
  const events = await run({ model, agent: { tools: [own] }, tools: [look], toolChoice: "none" });
  expect(joinText(events)).toBe("It is 3.");
  expect(modelCalls[0]?.tools.map(({ name }) => name)).toEqual(["add"]);
  expect(toolResults(modelCalls[1], 1)).toEqual(["3"]);
  expect(findEnd(events).reason).toBe("stop");
});

test("stop after maxSteps model calls", async () => {
  const own = createTestTool("again", () => Promise.resolve(textOutput("again")));
  const { model, modelCalls } = createModelSequence([calls("", "again", "{}")]);
  const events = await run({ model, agent: { tools: [own], maxSteps: 3 } });
  expect(modelCalls).toHaveLength(3);
  expect(findEnd(events).reason).toBe("length");
});

test("an error after a tool has run tells the caller not to retry", async () => {
  const own = createTestTool("pay", () => Promise.resolve(textOutput("paid")));
  const { model } = createModelSequence([calls("c1", "pay", "{}")], [fails("upstream_error", "down")]);
  const { error } = findEnd(await run({ model, agent: { tools: [own] } }));
  expect(error).toMatchObject({ code: "upstream_error", retry: false });
});

test("an abort reaches a running tool at once", async () => {
  const controller = new AbortController();
  const own = createTestTool("wait", async (_, { signal }) => {
    setTimeout(() => controller.abort(), 5);
    await sleep(60_000, undefined, { signal });
    return textOutput("late");
  });
  const { model } = createModelSequence([calls("c1", "wait", "{}")]);
  const events = await run({ model, signal: controller.signal, agent: { tools: [own] } });
  expect(findEnd(events).reason).toBe("aborted");
});

test("the system prompt is the agent's instructions, its workspace's files, then the run's own text", async () => {
  const { model, modelCalls } = createModelSequence([says("ok"), ends({ input: 1, output: 1 })]);
  const workspaceFiles = (): Promise<string> => Promise.resolve("FILES");
  await run({ model, instructions: "RUN", agent: { instructions: "AGENT", workspaceFiles } });
  expect(modelCalls[0]?.system).toBe("AGENT\n\nFILES\n\nRUN");
});

test("a run with built-in and client tools continues with the results of both", async () => {
  const own = createTestTool("fetch", () => Promise.resolve(textOutput("secret 7")));
  const { runAgent } = createTestRunner();
  const { model, modelCalls } = createModelSequence(
    [calls("c1", "fetch", "{}")],
    [calls("c2", "look", "{}")],
    [says("done")],
  );
  const options = { model, tools: [look], agent: { tools: [own] } };
  const first = await foldEvents(runAgent(createTestRun({ ...options, turns: [userTurn("go")] })));
  expect(first.calls.map(({ id }) => id)).toEqual(["c2"]);
  const seenByClient: Run["turns"] = [
    userTurn("go"),
    modelTurn({ calls: first.calls }),
    { role: "tool", callId: "c2", content: [{ type: "text", text: "blue" }] },
  ];
  await collectEvents(runAgent(createTestRun({ ...options, turns: seenByClient })));
  expect(modelCalls[2]?.turns.map((turn) => (turn.role === "tool" ? turn.callId : turn.role))).toEqual([
    "user",
    "assistant",
    "c1",
    "assistant",
    "c2",
  ]);
  // Another credential has made no such calls, so its turns are unchanged.
  await collectEvents(runAgent(createTestRun({ ...options, credential: "other", turns: seenByClient })));
  expect(modelCalls[3]?.turns).toHaveLength(3);
});

test("tool results stay in their conversation even if another one has the same call ids", async () => {
  let fetched = 0;
  const own = createTestTool("fetch", () => Promise.resolve(textOutput(`page ${++fetched}`)));
  const { runAgent } = createTestRunner();
  const begins = [calls("c1", "fetch", "{}"), calls("c2", "look", "{}")];
  const { model, modelCalls } = createModelSequence(begins, begins, [says("done")]);
  const options = { model, tools: [look], agent: { tools: [own] } };
  const began = (instructions: string): Run =>
    createTestRun({ ...options, instructions, turns: [userTurn("go")] });
  const ofAda = await foldEvents(runAgent(began("You work for Ada.")));
  await foldEvents(runAgent(began("You work for Bob.")));
  const answer: Run["turns"][number] = {
    role: "tool",
    callId: "c2",
    content: [{ type: "text", text: "blue" }],
  };
  const turns = [userTurn("go"), modelTurn({ calls: ofAda.calls }), answer];
  await collectEvents(runAgent(createTestRun({ ...options, instructions: "You work for Ada.", turns })));
  expect(toolResults(modelCalls[2], 2)).toEqual(["page 1", "blue"]);
});

test("a slow consumer gets all output", async () => {
  const own = createTestTool("count", async (_, { report }) => {
    report("one");
    await sleep(5);
    report("two");
    await sleep(5);
    report("three");
    return textOutput("3");
  });
  const { model } = createModelSequence([calls("c1", "count", "{}")], [says("ok")]);
  const outputs: string[] = [];
  for await (const event of createTestRunner().runAgent(createTestRun({ model, agent: { tools: [own] } }))) {
    if (event.type !== "tool_output") continue;
    outputs.push(event.text);
    await sleep(50);
  }
  expect(outputs).toEqual(["one", "two", "three"]);
});
