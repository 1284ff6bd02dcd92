import { once } from "node:events";
import { ResponsesWS } from "openai/resources/responses/ws";
import type { ResponsesServerEvent } from "openai/resources/responses/responses";
import { describe, expect, onTestFinished, test } from "vitest";
import { responsesConfig, startTestGateway } from "../support/gateway/gateway.ts";
import {
  weatherCallScript,
  createForecaster,
  readConversation,
  startAgentsRunnerOverWebSocket,
} from "../support/clients/agents-runner.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { finishEvent, createGatedModel, createModelSequence } from "../support/providers/scripted-model.ts";
import { says } from "../../contracts/examples/script.ts";
import type { ModelStream } from "../../server/agent/types.ts";

// Unmodified clients over the WebSocket on /v1/responses.

async function connect(model: ModelStream): Promise<ResponsesWS> {
  const socket = new ResponsesWS(
    createOpenAIClient(await startTestGateway({ model, config: responsesConfig })),
  );
  onTestFinished(() => socket.close());
  // Without a listener, an `error` event would end the process.
  socket.on("error", () => {});
  return socket;
}

/** The events of the next response, or its error. */
function nextResponse(socket: ResponsesWS): Promise<readonly ResponsesServerEvent[]> {
  const events: ResponsesServerEvent[] = [];
  return new Promise((resolve) => {
    const onEvent = (event: ResponsesServerEvent): void => {
      events.push(event);
      const failed = event.type === "error" && !("sequence_number" in event);
      if (!failed && !/^response\.(completed|incomplete|failed)$/.test(event.type)) return;
      socket.off("event", onEvent);
      resolve(events);
    };
    socket.on("event", onEvent);
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
  test("creates responses, continues one that is not stored, and receives errors", async () => {
    const { model, modelCalls } = createModelSequence([says("one")], [says("two")]);
    const socket = await connect(model);
    const first = nextResponse(socket);
    socket.send({ type: "response.create", model: "openclaw", input: "a", store: false });
    expect(textOf(await first)).toBe("one");
    const end = (await first).at(-1);
    const id = end?.type === "response.completed" ? end.response.id : "";

    const second = nextResponse(socket);
    socket.send({ type: "response.create", input: "b", store: false, previous_response_id: id });
    expect(textOf(await second)).toBe("two");
    expect(modelCalls[1]?.turns.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);

    const wrong = nextResponse(socket);
    socket.send({ type: "response.create", input: "c", previous_response_id: "resp_none" });
    expect(await wrong).toMatchObject([
      { type: "error", status: 400, error: { code: "previous_response_not_found" } },
    ]);
  });

  test("receives the events one by one while the model runs", async () => {
    const gated = createGatedModel();
    const socket = await connect(gated.model);
    const response = nextResponse(socket);
    const delta = once(socket as unknown as NodeJS.EventEmitter, "response.output_text.delta");
    socket.send({ type: "response.create", model: "openclaw", input: "a" });
    await gated.waitForCall();
    gated.emit({ type: "text", text: "first" });
    await delta;
    gated.emit({ type: "text", text: " second" });
    gated.emit(finishEvent);
    expect(textOf(await response)).toBe("first second");
  });

  test("iterates the events of a connection", async () => {
    const socket = await connect(createModelSequence([says("hello")]).model);
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
  test("runs its tools until there is a final message", async () => {
    const { runner, modelCalls } = await startAgentsRunnerOverWebSocket(weatherCallScript, [
      says("It rains in Oslo."),
    ]);
    const { agent, cities } = createForecaster();
    const result = await runner.run(agent, "Weather in Oslo?");

    expect(result.finalOutput).toBe("It rains in Oslo.");
    expect(cities).toEqual(["Oslo"]);
    expect(modelCalls.map(readConversation)).toEqual([
      ["Weather in Oslo?"],
      ["Weather in Oslo?", "calls get_weather", "rain in Oslo"],
    ]);
  });

  test("streams, and continues the previous response by its id", async () => {
    const { runner, modelCalls } = await startAgentsRunnerOverWebSocket(
      weatherCallScript,
      [says("It "), says("rains.")],
      [says("Yes.")],
    );
    const { agent } = createForecaster();
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
    expect(modelCalls[2] && readConversation(modelCalls[2]).slice(-2)).toEqual(["It rains.", "Still?"]);
  });

  test("stores nothing at the gateway with store: false", async () => {
    const { runner } = await startAgentsRunnerOverWebSocket(weatherCallScript, [says("It rains.")]);
    const { agent } = createForecaster();
    const unstored = agent.clone({ modelSettings: { store: false } });
    expect((await runner.run(unstored, "Weather in Oslo?")).finalOutput).toBe("It rains.");
  });
});
