/** GGUF files as models that run in this process. Each model has one context, so it serves one call at a time. */
import { GatewayError } from "../../../lib/errors.ts";
import { createSemaphore } from "../../semaphore.ts";
import type { ModelCall, ModelEvent, ModelStream } from "../../types.ts";
import { bufferUnstreamed } from "../model-middleware.ts";
import { streamModelCall, type CallController } from "../call-controller.ts";
import { generate } from "./generate.ts";
import { createBackendCache, loadModelFile, type ModelFile, type LoadedModel } from "./model-file.ts";

/** Longer than the time limit of a run. */
const maxWaitMs = 3_600_000;
const maxQueued = 64;

export function createLlamaModels(files: readonly ModelFile[]): (id: string) => ModelStream | undefined {
  const getBackend = createBackendCache();
  const models = new Map(
    files.map((file) => [file.id, createLlamaModel(() => loadModelFile(file, getBackend))]),
  );
  return (id) => models.get(id);
}

/** Returns a model that is loaded on its first call. */
export function createLlamaModel(loadModel: () => Promise<LoadedModel>): ModelStream {
  let loading: Promise<LoadedModel> | undefined;
  /** Retries after a failure: the file may exist by then. */
  const load = (): Promise<LoadedModel> => {
    loading ??= loadModel();
    loading.catch(() => (loading = undefined));
    return loading;
  };
  const semaphore = createSemaphore({
    limit: 1,
    maxQueued,
    createError: () => new GatewayError("server_overloaded", "Too many requests wait for this model."),
  });

  async function* streamResponse(
    call: ModelCall,
    controller: CallController,
  ): AsyncGenerator<ModelEvent, void> {
    const { signal } = controller;
    const events = createEventQueue<ModelEvent>(signal);
    /** Releases the semaphore only after generation has stopped, which can take until the end of a batch. */
    async function runGeneration(): Promise<void> {
      const release = await semaphore.acquire(signal, maxWaitMs);
      try {
        const model = await load();
        if (!signal.aborted) await generate(model, call, signal, events.push);
      } finally {
        release();
      }
    }
    runGeneration()
      .catch((thrown: unknown) => events.push({ type: "error", error: toModelError(thrown) }))
      .finally(events.end);
    try {
      yield* events;
    } finally {
      controller.dispose();
    }
  }

  return bufferUnstreamed((call, signal) =>
    streamModelCall(signal, (controller) => streamResponse(call, controller)),
  );
}

const toModelError = (thrown: unknown): GatewayError =>
  thrown instanceof GatewayError
    ? thrown
    : new GatewayError("upstream_error", "The model failed; see the gateway's log.", { cause: thrown });

interface EventQueue<T> extends AsyncIterable<T> {
  push(event: T): void;
  end(): void;
}

/** A queue that callbacks push to and one reader iterates. Ends immediately when aborted; later events are dropped. */
function createEventQueue<T>(signal: AbortSignal): EventQueue<T> {
  const pending: T[] = [];
  let isEnded = signal.aborted;
  let wake = (): void => {};
  const end = (): void => {
    isEnded = true;
    wake();
  };
  signal.addEventListener("abort", end, { once: true });
  return {
    push(event) {
      pending.push(event);
      wake();
    },
    end,
    async *[Symbol.asyncIterator]() {
      while (!signal.aborted) {
        if (pending.length > 0) yield* pending.splice(0);
        else if (isEnded) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
