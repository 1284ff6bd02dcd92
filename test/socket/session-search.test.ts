import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";
import { connectTestSocket, waitForFinalResponse, type TestSocket } from "../support/sockets/socket.ts";

interface Found {
  readonly matches: readonly {
    readonly session: { readonly key: string };
    readonly seq: number;
    readonly role: string;
    readonly text: string;
  }[];
  readonly nextCursor: string | null;
}

let runs = 0;
async function ask(socket: TestSocket, message: string, sessionKey: string): Promise<void> {
  runs += 1;
  const { id = "" } = await socket.call("agent", { message, sessionKey, idempotencyKey: `run-${runs}` });
  expect(await waitForFinalResponse(socket, id)).toMatchObject({ ok: true });
}

const search = (socket: TestSocket, query: string, more: object = {}): Promise<Found> =>
  socket.request<Found>("sessions.search", { query, ...more });

const findKeys = async (socket: TestSocket, query: string): Promise<readonly string[]> =>
  (await search(socket, query)).matches.map(({ session }) => session.key);

test("a text is found in any message, with what is around it", async () => {
  const socket = await connectTestSocket(await startTestGateway());
  await ask(socket, "say the Falcon has landed", "one");
  await ask(socket, "say nothing of it", "one");
  await ask(socket, "say an eagle", "two");
  expect((await search(socket, "fALCON")).matches).toMatchObject([
    { session: { key: "agent:main:one" }, seq: 2, role: "assistant", text: "the Falcon has landed" },
  ]);
  expect(await findKeys(socket, "say")).toEqual(["agent:main:two", "agent:main:one"]);
  expect(await findKeys(socket, "agent:main:one")).toEqual([]);
});

test("signs of patterns and of JSON are ordinary characters", async () => {
  const socket = await connectTestSocket(await startTestGateway());
  await ask(socket, 'say "100 %" of C:\\temp_x!', "signs");
  await ask(socket, "say 100 of Ctempax", "other");
  for (const query of ['"100 %"', "0 %", "C:\\temp", "temp_x", "x!"])
    expect(await findKeys(socket, query), query).toEqual(["agent:main:signs"]);
  expect(await findKeys(socket, '"role"')).toEqual([]);
});

test("what a rewind took back is not found", async () => {
  const socket = await connectTestSocket(await startTestGateway());
  await ask(socket, "say one", "main");
  await ask(socket, "say mistake", "main");
  await socket.request("sessions.rewind", { key: "main", seq: 3 });
  expect(await findKeys(socket, "mistake")).toEqual([]);
  expect(await findKeys(socket, "one")).toEqual(["agent:main:main"]);
});

test("a key finds its own sessions, and pages continue where the last one ended", async () => {
  const gateway = await startTestGateway();
  const socket = await connectTestSocket(gateway);
  for (const key of ["a", "b", "c"]) await ask(socket, "say the same", key);
  const first = await search(socket, "the same", { limit: 2 });
  const second = await search(socket, "the same", { limit: 2, cursor: first.nextCursor });
  expect([first, second].map(({ matches }) => matches.map(({ session }) => session.key))).toEqual([
    ["agent:main:c", "agent:main:b"],
    ["agent:main:a"],
  ]);
  expect(second.nextCursor).toBeNull();
  const ada = await connectTestSocket(gateway, {
    auth: { token: await createKey(gateway, "ada") },
    scopes: ["operator.read"],
  });
  expect(await findKeys(ada, "the same")).toEqual([]);
});
