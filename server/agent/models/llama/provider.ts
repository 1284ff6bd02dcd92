/** GGUF files as models, run in this process: each one answer at a time, since a model has one context. */
import { GatewayError } from "../../../errors.ts";
import { createTurnstile } from "../../turnstile.ts";
import type { Model, ModelCall, ModelEvent } from "../../types.ts";
import { allOrNothing } from "../all-or-nothing.ts";
import { watched, type Watch } from "../watch.ts";
import { eventQueue } from "./event-queue.ts";
import { generate } from "./generate.ts";
import { createEngines, openModelFile, type ModelFile, type OpenModel } from "./model-file.ts";

/** Longer than any run waits. */
const maxWaitMs = 3_600_000;
const maxWaiting = 64;

export function llamaModels(files: readonly ModelFile[]): (id: string) => Model | undefined {
  const engines = createEngines();
  const models = new Map(files.map((file) => [file.id, llamaModel(() => openModelFile(file, engines))]));
  return (id) => models.get(id);
}

/** A model that is opened when it is first asked. */
export function llamaModel(open: () => Promise<OpenModel>): Model {
  let opened: Promise<OpenModel> | undefined;
  /** After a failure the next call tries again: the file may have come. */
  const load = (): Promise<OpenModel> => {
    opened ??= open();
    opened.catch(() => (opened = undefined));
    return opened;
  };
  const turnstile = createTurnstile({
    holders: 1,
    waiting: maxWaiting,
    refuse: () => new GatewayError("server_overloaded", "Too many requests wait for this model."),
  });

  async function* answer(call: ModelCall, watch: Watch): AsyncGenerator<ModelEvent, void> {
    const { signal } = watch;
    const events = eventQueue<ModelEvent>(signal);
    /** Lets the next one in only when the engine has stopped, which can take it until the end of a batch. */
    async function work(): Promise<void> {
      const leave = await turnstile.enter(signal, maxWaitMs);
      try {
        const model = await load();
        if (!signal.aborted) await generate(model, call, signal, events.push);
      } finally {
        leave();
      }
    }
    work()
      .catch((thrown: unknown) => events.push({ type: "error", error: faultOf(thrown) }))
      .finally(events.end);
    try {
      yield* events;
    } finally {
      watch.release();
    }
  }

  return allOrNothing((call, signal) => watched(signal, (watch) => answer(call, watch)));
}

const faultOf = (thrown: unknown): GatewayError =>
  thrown instanceof GatewayError
    ? thrown
    : new GatewayError("upstream_error", "The model failed; the gateway's log says why.", { cause: thrown });
