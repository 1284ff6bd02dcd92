/** Runs the openai-completions provider against a scripted server: a model, a call, and its events. */
import { Agent } from "undici";
import { getDefaultCompat } from "../../../server/agent/models/openai-completions/compat.ts";
import {
  createOpenaiCompletions,
  type OpenaiCompletionsOptions,
} from "../../../server/agent/models/openai-completions/provider.ts";
import { createPullQueue } from "../runs/pull-queue.ts";
import type { Model, ModelStream, ModelCall, ModelEvent } from "../../../server/agent/types.ts";
import type { GatewayError } from "../../../server/lib/errors.ts";

export const apiKey = "canary-4fe0a7d1-key";

/** The time limits are so long that no test reaches them by accident. */
export const createCompletionsModel = (
  baseUrl: string,
  settings?: Partial<OpenaiCompletionsOptions>,
): ModelStream => toModelStream(createPushedModel(baseUrl, settings));

export function createPushedModel(baseUrl: string, settings: Partial<OpenaiCompletionsOptions> = {}): Model {
  const allSettings: OpenaiCompletionsOptions = {
    name: "provider-1",
    baseUrl,
    apiKey,
    headers: {},
    compat: getDefaultCompat(baseUrl),
    firstByteMs: 60_000,
    silenceMs: 60_000,
    ...settings,
  };
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return createOpenaiCompletions(allSettings, dispatcher)("model-1");
}

export const createModelCall = (fields: Partial<ModelCall> = {}): ModelCall => ({
  system: "",
  turns: [{ role: "user", content: [{ type: "text", text: "hello" }] }],
  tools: [],
  toolChoice: "auto",
  parallelToolCalls: true,
  sampling: {},
  stop: [],
  stream: true,
  ...fields,
});

export async function collectModelEvents(
  model: ModelStream,
  call: ModelCall = createModelCall(),
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly ModelEvent[]> {
  return Array.fromAsync(model(call, signal));
}

/** Resolves to the error that ends the call. Throws when the call succeeds. */
export async function collectModelError(model: ModelStream, call?: ModelCall): Promise<GatewayError> {
  const last = (await collectModelEvents(model, call)).at(-1);
  if (last?.type !== "error")
    throw new Error(`The call ended with ${JSON.stringify(last)}, not with an error.`);
  return last.error;
}

/** Yields the events of a model one by one as they are asked for. `return()` aborts the call. */
function toModelStream(model: Model): ModelStream {
  return (call, signal) =>
    createPullQueue<ModelEvent>(signal, (sink, callSignal) => model(call, sink, callSignal));
}
