import { once } from "node:events";
import { ResponsesWS } from "openai/resources/responses/ws";
import type { ResponsesServerEvent } from "openai/resources/responses/responses";
import { describe, expect, onTestFinished, test } from "vitest";
import { responsesOn, startTestGateway } from "../support/gateway.ts";
import { callsWeather, forecaster, said, stageOverSocket } from "../support/openai-agents.ts";
import { openaiClient } from "../support/openai-client.ts";
import { finish, gatedModel, sequence } from "../support/scripted-model.ts";
import { says } from "../../contracts/examples/script.ts";
import type { Model } from "../../server/agent/types.ts";

// Clients that nobody has changed, over the WebSocket on /v1/responses.

async function connect(model: Model): Promise<ResponsesWS> {
  const socket = new ResponsesWS(openaiClient(await startTestGateway({ model, config: responsesOn })));
  onTestFinished(() => socket.close());
  // Errors are events too; without a listener they would end the process.
  socket.on("error", () => {});
  return socket;
}

/** The events of the next response, or the error in its place. */
function nextResponse(socket: ResponsesWS): Promise<readonly ResponsesServerEvent[]> {
  const events: ResponsesServerEvent[] = [];
  return new Promise((resolve) => {
    const take = (event: ResponsesServerEvent): void => {
      events.push(event);
      const failed = event.type === "error" && !("sequence_number" in event);
      if (!failed && !/^response\.(completed|incomplete|failed)$/.test(event.type)) return;
      socket.off("event", take);
      resolve(events);
    };
    socket.on("event", take);
  });
}

function textOf(events: readonly ResponsesServerEvent[]): string {
  const last = events.at(-1);
  if (last?.type !== "response.completed") throw new Error(`no answer: ${JSON.stringify(last)}`);
  return last.response.output
    .flatMap((item) => (item.type === "message" ? item.content : []))
    .map((part) => (part.type === "output_text" ? part.text : part.refusal))
    .join("");
}

describe("the official SDK's ResponsesWS", () => {
  test("asks, continues what is not stored, and hears what is wrong", async () => {
    const { model, seen } = sequence([says("one")], [says("two")]);
    const socket = await connect(model);
    const first = nextResponse(socket);
    socket.send({ type: "response.create", model: "openclaw", input: "a", store: false });
    expect(textOf(await first)).toBe("one");
    const end = (await first).at(-1);
    const id = end?.type === "response.completed" ? end.response.id : "";

    const second = nextResponse(socket);
    socket.send({ type: "response.create", input: "b", store: false, previous_response_id: id });
    expect(textOf(await second)).toBe("two");
    expect(seen[1]?.turns.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);

    const wrong = nextResponse(socket);
    socket.send({ type: "response.create", input: "c", previous_response_id: "resp_none" });
    expect(await wrong).toMatchObject([
      { type: "error", status: 400, error: { code: "previous_response_not_found" } },
    ]);
  });

  test("gets the events one by one, while the model is still at work", async () => {
    const gated = gatedModel();
    const socket = await connect(gated.model);
    const whole = nextResponse(socket);
    const delta = once(socket as unknown as NodeJS.EventEmitter, "response.output_text.delta");
    socket.send({ type: "response.create", model: "openclaw", input: "a" });
    await gated.called();
    gated.give({ type: "text", text: "first" });
    await delta;
    gated.give({ type: "text", text: " second" });
    gated.give(finish);
    expect(textOf(await whole)).toBe("first second");
  });

  test("iterates the events of a connection", async () => {
    const socket = await connect(sequence([says("hello")]).model);
    socket.send({ type: "response.create", model: "openclaw", input: "a" });
    const types: string[] = [];
    for await (const record of socket.stream()) {
      if (record.type !== "message") continue;
      types.push(record.message.type);
      if (record.message.type === "response.completed") break;
    }
    expect([types[0], types.at(-1)]).toEqual(["response.created", "response.completed"]);
  });
});

describe("OpenAI's Agents SDK over the socket", () => {
  test("runs its tools until there is an answer", async () => {
    const { runner, seen } = await stageOverSocket(callsWeather, [says("It rains in Oslo.")]);
    const { agent, asked } = forecaster();
    const result = await runner.run(agent, "Weather in Oslo?");

    expect(result.finalOutput).toBe("It rains in Oslo.");
    expect(asked).toEqual(["Oslo"]);
    expect(seen.map(said)).toEqual([
      ["Weather in Oslo?"],
      ["Weather in Oslo?", "calls get_weather", "rain in Oslo"],
    ]);
  });

  test("streams, and continues the response before by its id", async () => {
    const { runner, seen } = await stageOverSocket(
      callsWeather,
      [says("It "), says("rains.")],
      [says("Yes.")],
    );
    const { agent } = forecaster();
    const result = await runner.run(agent, "Weather in Oslo?", { stream: true });
    const pieces: string[] = [];
    for await (const event of result) {
      if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta")
        pieces.push(event.data.delta);
    }
    await result.completed;
    expect(pieces).toEqual(["It ", "rains."]);

    const previousResponseId = result.lastResponseId ?? "";
    const next = await runner.run(agent, "Still?", { previousResponseId });
    expect(next.finalOutput).toBe("Yes.");
    expect(seen[2] && said(seen[2]).slice(-2)).toEqual(["It rains.", "Still?"]);
  });

  test("keeps nothing at the gateway where it is told to store nothing", async () => {
    const { runner } = await stageOverSocket(callsWeather, [says("It rains.")]);
    const { agent } = forecaster();
    const unstored = agent.clone({ modelSettings: { store: false } });
    expect((await runner.run(unstored, "Weather in Oslo?")).finalOutput).toBe("It rains.");
  });
});
