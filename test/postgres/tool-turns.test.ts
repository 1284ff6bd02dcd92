/** Chats without a session on several gateways: each gateway finds the tool turns that the client did not get. */
import { expect, test } from "vitest";
import type { ModelStream, Turn } from "../../server/agent/types.ts";
import { postChat, type TestGateway } from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";
import { createSharedConfig, startNodes } from "../support/postgres/nodes.ts";
import { startPostgres } from "../support/postgres/server.ts";
import { userTurn } from "../support/runs/runs.ts";
import { createStorePath, openStoreWithSql } from "../support/runs/stores.ts";

/** Calls a tool of the agent, then one of the client, then answers. */
function createToolModel(): { readonly model: ModelStream; readonly turnsOfCalls: (readonly Turn[])[] } {
  const turnsOfCalls: (readonly Turn[])[] = [];
  const model: ModelStream = async function* answer({ turns }) {
    turnsOfCalls.push([...turns]);
    const results = turns.filter(({ role }) => role === "tool").length;
    const name = ["read", "look"][results];
    if (name === undefined) {
      yield { type: "text", text: "done" };
      yield { type: "finish", reason: "stop" };
      return;
    }
    yield { type: "thinking", text: `I need ${name}` };
    yield { type: "tool_call", index: 0, id: `call_${results}`, name };
    yield { type: "tool_call_arguments", index: 0, fragment: "{}" };
    yield { type: "finish", reason: "tool_calls" };
  };
  return { model, turnsOfCalls };
}

const look = { type: "function", function: { name: "look", parameters: { type: "object" } } };
const question = { role: "user", content: "go" };

interface Answer {
  readonly choices: readonly [
    { readonly message: { readonly tool_calls: readonly { readonly id: string }[] } },
  ];
}

const send = ({ url }: TestGateway, messages: readonly object[], secret?: string): Promise<Response> =>
  postChat(
    url,
    { model: "openclaw", messages, tools: [look] },
    secret === undefined ? {} : { headers: { authorization: `Bearer ${secret}` } },
  );

/** Asks a node, and returns the messages of the client's next request. */
async function askFirst(node: TestGateway): Promise<readonly object[]> {
  const answer = (await (await send(node, [question])).json()) as Answer;
  const { message } = answer.choices[0];
  const [call] = message.tool_calls;
  return [question, message, { role: "tool", tool_call_id: call?.id, content: "blue" }];
}

const listRoles = (turns: readonly Turn[] | undefined): readonly string[] =>
  (turns ?? []).map(({ role }) => role);

test("a request with the results finds the turns of another node's tools, and no other credential does", async () => {
  const { model, turnsOfCalls } = createToolModel();
  const [first, second] = await startNodes(2, { model });
  const messages = await askFirst(first);
  expect((await send(second, messages)).status).toBe(200);
  expect(listRoles(turnsOfCalls[2])).toEqual(["user", "assistant", "tool", "assistant", "tool"]);
  expect(turnsOfCalls[2]?.slice(0, 3)).toEqual(turnsOfCalls[1]);
  const secret = await createKey(first, "ada");
  await send(first, messages, secret);
  expect(listRoles(turnsOfCalls[3])).toEqual(["user", "assistant", "tool"]);
});

test("turns are found for an hour, and the oldest are deleted beyond the share of a credential", async () => {
  const { store, runSql } = await openStoreWithSql({ file: createStorePath(), isExclusive: false });
  const toolTurns = store.shared?.toolTurns;
  if (toolTurns === undefined) throw new Error("the nodes share nothing");
  const turns = [userTurn("hi")];
  const find = async (position: string): Promise<number> =>
    (await toolTurns.find("alice", ["other", position])).size;
  await toolTurns.save({ position: "old", credential: "alice", turns });
  await toolTurns.save({ position: "kept", credential: "alice", turns });
  await toolTurns.save({ position: "kept", credential: "alice", turns });
  expect([await find("old"), await find("kept")]).toEqual([1, 1]);
  await runSql("update tool_turns set expires_at = expires_at - 3600000 where position = 'old'");
  expect([await find("old"), await find("kept")]).toEqual([0, 1]);
  await runSql(
    "insert into tool_turns select 'many' || n, 'alice', 20000, 1, '[]' from generate_series(1, 3) as n",
  );
  await runSql(
    "insert into tool_turns select 'large' || n, 'bob', 20 * 1024 * 1024, 9000000000000 + n, '[]' from generate_series(1, 5) as n",
  );
  await runSql(
    "insert into tool_turns select 'row' || n, 'carol', 2, 9000000000000 + n, '[]' from generate_series(1, 10002) as n",
  );
  await store.cleanUp();
  expect(await runSql("select position from tool_turns where credential = 'alice'")).toEqual([
    { position: "kept" },
  ]);
  expect(await runSql("select position from tool_turns where credential = 'bob' order by position")).toEqual(
    ["large3", "large4", "large5"].map((position) => ({ position })),
  );
  expect(
    await runSql(
      "select min(expires_at) - 9000000000000 as oldest from tool_turns where credential = 'carol'",
    ),
  ).toEqual([{ oldest: 3 }]);
});

test("without the database a request with results is 503, and a first question is answered", async () => {
  const server = await startPostgres(["max_connections = 50"]);
  try {
    const { model, turnsOfCalls } = createToolModel();
    const config = createSharedConfig();
    const session = { store: { type: "postgres", url: server.url, schema: "turns", poolSize: 3 } } as const;
    const [first, second] = await startNodes(2, { model, config: { ...config, session } });
    const messages = await askFirst(first);
    await server.stop("immediate");
    const rejection = await send(second, messages);
    expect([rejection.status, await rejection.json()]).toMatchObject([
      503,
      { error: { code: "storage_unavailable" } },
    ]);
    expect((await send(second, [question])).status).toBe(200);
    const { length } = turnsOfCalls;
    await server.start();
    await expect.poll(async () => (await send(second, messages)).status).toBe(200);
    expect(listRoles(turnsOfCalls[length])).toEqual(["user", "assistant", "tool", "assistant", "tool"]);
  } finally {
    await server.remove();
  }
});
