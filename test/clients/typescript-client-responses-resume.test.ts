import { expect, test } from "vitest";
import { createClient, type GatewayClient, type ResponseEvent } from "../../clients/typescript/src/index.ts";
import { frame } from "../../contracts/sse.ts";
import { startCuttableLine } from "../support/cuttable-line.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway.ts";
import { quickstart } from "../support/quickstart.ts";
import { finish, gatedModel, type GatedModel } from "../support/scripted-model.ts";

const asked = { model: "openclaw", input: "Say hello.", stream: true as const, background: true };

async function startGated(): Promise<TestGateway & Pick<GatedModel, "give" | "called">> {
  const { model, give, called } = gatedModel();
  return { ...(await startTestGateway({ config: quickstart, model })), give, called };
}

const clientOf = (url: string, maxRetries?: number): GatewayClient =>
  createClient({ baseUrl: url, token, maxRetries });

const isDelta = (event: ResponseEvent | undefined): boolean => event?.type === "response.output_text.delta";

const idOf = ([first]: readonly ResponseEvent[]): string =>
  first?.type === "response.created" ? first.response.id : "";

test("a stream in the background goes on when its connection is dropped: every event comes once", async () => {
  const gateway = await startGated();
  const line = await startCuttableLine(gateway.url);
  gateway.give({ type: "text", text: "Hel" });
  const events: ResponseEvent[] = [];
  for await (const event of await clientOf(line.url).responses.create(asked)) {
    events.push(event);
    if (!isDelta(event)) continue;
    line.cut();
    const one = events.filter(isDelta).length === 1;
    gateway.give(one ? { type: "text", text: "lo." } : finish);
  }
  const whole = await clientOf(gateway.url).responses.retrieve(idOf(events), { stream: true });
  expect(events.filter(isDelta)).toHaveLength(2);
  expect(events).toEqual(await Array.fromAsync(whole));
});

test("leaving the loop leaves the response at work: the rest is told by its id, and the halves are the whole", async () => {
  const gateway = await startGated();
  const { responses } = clientOf(gateway.url);
  gateway.give({ type: "text", text: "Hel" });
  const first: ResponseEvent[] = [];
  for await (const event of await responses.create(asked)) {
    first.push(event);
    if (isDelta(event)) break;
  }
  gateway.give({ type: "text", text: "lo." });
  gateway.give(finish);
  const id = idOf(first);
  const startingAfter = first.at(-1)?.sequence_number;
  const rest = await Array.fromAsync(await responses.retrieve(id, { stream: true, startingAfter }));
  const whole = await Array.fromAsync(await responses.retrieve(id, { stream: true }));

  expect([...first, ...rest]).toEqual(whole);
  const again = await responses.retrieve(id, { stream: true, startingAfter });
  expect(await again.text()).toBe("Hello.");
});

test("behind the last event there is nothing, which is no cut", async () => {
  const { url, give } = await startGated();
  give(finish);
  const { responses } = clientOf(url);
  const events = await Array.fromAsync(await responses.create(asked));
  const behind = { stream: true as const, startingAfter: events.at(-1)?.sequence_number };

  expect(await Array.fromAsync(await responses.retrieve(idOf(events), behind))).toEqual([]);
  const nothing = await responses.retrieve(idOf(events), behind);
  await expect(nothing.response()).rejects.toThrow("retrieve the response instead");
});

test("a stream that is looked up goes on when its connection is dropped, the foreground's too", async () => {
  const gateway = await startGated();
  const line = await startCuttableLine(gateway.url);
  gateway.give({ type: "text", text: "Hel" });
  const made: ResponseEvent[] = [];
  const told: ResponseEvent[] = [];
  for await (const event of await clientOf(gateway.url).responses.create({ ...asked, background: false })) {
    made.push(event);
    if (!isDelta(event)) continue;
    // An item's beginning is kept with its first words, about a second later.
    for await (const seen of await clientOf(line.url).responses.retrieve(idOf(made), { stream: true })) {
      told.push(seen);
      if (!isDelta(seen)) continue;
      line.cut();
      gateway.give(finish);
    }
  }
  expect(told).toEqual(made);
});

test("a stream in the foreground does not go on: its run ended with the line", async () => {
  const gateway = await startGated();
  const line = await startCuttableLine(gateway.url);
  gateway.give({ type: "text", text: "Hel" });
  const reading = async (): Promise<void> => {
    for await (const event of await clientOf(line.url).responses.create({ ...asked, background: false }))
      if (isDelta(event)) line.cut();
  };
  await expect(reading()).rejects.toMatchObject({ code: "stream_cut" });
  const run = await gateway.called();
  await expect.poll(() => run.signal.aborted, { timeout: 5_000 }).toBe(true);
});

test.each([
  [undefined, 3],
  [0, 1],
])(
  "with maxRetries %s a stream that is cut without another event is asked for %s times",
  async (maxRetries, times) => {
    const created = {
      type: "response.created",
      sequence_number: 0,
      response: { id: "resp_1", background: true },
    };
    const paths: string[] = [];
    const client = createClient({
      baseUrl: "http://gateway.test",
      maxRetries,
      fetch: ({ url }) => {
        const { pathname, search } = new URL(url);
        paths.push(pathname + search);
        return Promise.resolve(
          new Response(paths.length === 1 ? frame(JSON.stringify(created)) : ": nothing\n\n"),
        );
      },
    });
    const stream = await client.responses.create(asked);
    await expect(Array.fromAsync(stream)).rejects.toMatchObject({ code: "stream_cut" });
    const again = "/v1/responses/resp_1?stream=true&starting_after=0";
    expect(paths).toEqual(["/v1/responses", again, again].slice(0, times));
  },
);

test("an abort ends the wait for another connection, with its reason", async () => {
  const gateway = await startGated();
  const line = await startCuttableLine(gateway.url);
  const controller = new AbortController();
  const reason = new Error("The user closed the window.");
  gateway.give({ type: "text", text: "Hel" });
  const { signal } = controller;
  const stream = await clientOf(line.url).responses.create(asked, { signal });
  const reading = async (): Promise<void> => {
    for await (const event of stream) {
      if (!isDelta(event)) continue;
      line.cut();
      setTimeout(() => controller.abort(reason), 50);
    }
  };
  await expect(reading()).rejects.toBe(reason);
  gateway.give(finish);
});

test("a response that was deleted meanwhile ends the stream with a failure", async () => {
  const gateway = await startGated();
  const { responses } = clientOf(gateway.url);
  gateway.give({ type: "text", text: "Hel" });
  const events: ResponseEvent[] = [];
  const reading = async (): Promise<void> => {
    for await (const event of await responses.create(asked)) {
      events.push(event);
      if (isDelta(event)) await responses.delete(idOf(events));
    }
  };
  await expect(reading()).rejects.toMatchObject({ name: "GatewayRequestError" });
  await expect(responses.retrieve(idOf(events))).rejects.toMatchObject({ code: "response_not_found" });
});
