/** A background response continues when its client dies, and another client resumes its stream. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { OpenAI } from "openai";
import { expect, onTestFinished, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { responsesConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { finishEvent, createGatedModel } from "../support/providers/scripted-model.ts";

type Event = OpenAI.Responses.ResponseStreamEvent;

/** Prints every event that it reads. */
const clientScript = `
  import OpenAI from "openai";
  const { responses } = new OpenAI({ maxRetries: 0 });
  const request = { model: "openclaw", input: "hi", background: true, stream: true };
  for await (const event of await responses.create(request)) console.log(JSON.stringify(event));
`;

test("a client is killed during a stream; another resumes after its last event, and the two parts are the complete stream", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ model: gated.model, config: responsesConfig });
  gated.emit({ type: "thinking", text: "hm" });
  gated.emit({ type: "text", text: "Hel" });
  const first = await readAndKill(gateway.url);

  const created = first[0];
  const id = created?.type === "response.created" ? created.response.id : "";
  const { responses } = createOpenAIClient(gateway);
  expect((await responses.retrieve(id)).status).toBe("in_progress");
  // The headers are sent with the next event, which the model has not emitted yet.
  const resuming = responses.retrieve(id, {
    stream: true,
    starting_after: first.at(-1)?.sequence_number ?? -1,
  });
  gated.emit({ type: "text", text: "lo." });
  gated.emit(finishEvent);
  const second = await Array.fromAsync(await resuming);

  const events = [...first, ...second];
  expect(events).toEqual(await Array.fromAsync(await responses.retrieve(id, { stream: true })));
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
  const deltas = (half: readonly Event[]): readonly string[] =>
    half.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : []));
  expect([deltas(first), deltas(second)]).toEqual([["Hel"], ["lo."]]);
  const last = second.at(-1);
  expect(last?.type).toBe("response.completed");
  expect(last).toMatchObject({ response: { output: [{ type: "reasoning" }, { type: "message" }] } });
  const { output_text, _request_id, ...retrieved } = await responses.retrieve(id);
  expect(last).toMatchObject({ response: retrieved });
  expect(output_text).toBe("Hello.");
});

/** The events that a separate process has read when it is killed, at the first text delta. */
async function readAndKill(url: string): Promise<readonly Event[]> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", clientScript], {
    cwd: packageRoot,
    env: { ...process.env, OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: token },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const events: Event[] = [];
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line) as Event;
    events.push(event);
    if (event.type !== "response.output_text.delta") continue;
    child.kill("SIGKILL");
    expect(await exited).toEqual([null, "SIGKILL"]);
    break;
  }
  return events;
}
