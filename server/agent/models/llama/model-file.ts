/** Loads GGUF files with node-llama-cpp. */
import { access, constants } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { GatewayError } from "../../../lib/errors.ts";
import { loadLibrary, type Llama, type LlamaChat, type LlamaLibrary, type Sequence } from "./library.ts";

export interface ModelFile {
  readonly id: string;
  readonly path: string;
  readonly contextWindow: number | undefined;
  /** Undefined: a GPU is used if there is one. */
  readonly gpu: boolean | undefined;
}

export interface LoadedModel {
  readonly llama: Llama;
  readonly chat: LlamaChat;
  readonly sequence: Sequence;
  readonly contextSize: number;
  readonly tokenizer: unknown;
}

/** In tokens. Enough for an agent's instructions and a few steps; memory use grows with it. */
export const defaultContextWindow = 8_192;

/** Returns the library and its backend: one for the GPU, one for the CPU. */
export type GetBackend = (gpu: boolean | undefined) => Promise<readonly [LlamaLibrary, Llama]>;

export function createBackendCache(): GetBackend {
  const backends = new Map<boolean, ReturnType<GetBackend>>();
  return (gpu) => {
    const key = gpu !== false;
    const backend = backends.get(key) ?? startBackend(key);
    backends.set(key, backend);
    backend.catch(() => backends.delete(key));
    return backend;
  };
}

async function startBackend(gpu: boolean): ReturnType<GetBackend> {
  const library = await loadLibrary();
  const llama = await library
    .getLlama({
      gpu: gpu ? "auto" : false,
      build: "never",
      // One core is left for the gateway: on a busy machine, threads that wait for each other are slow.
      maxThreads: Math.max(1, availableParallelism() - 1),
      progressLogs: false,
      logger: () => {},
    })
    .catch((cause: unknown) => {
      throw createLoadError(
        "node-llama-cpp has no binary for this machine; install it with its optional dependencies: npm install node-llama-cpp",
        cause,
      );
    });
  return [library, llama];
}

export async function loadModelFile(file: ModelFile, getBackend: GetBackend): Promise<LoadedModel> {
  const name = `The model "${file.id}"`;
  await access(file.path, constants.R_OK).catch((cause: unknown) => {
    throw createLoadError(`${name} has no readable file; check its "path" in models.providers.`, cause);
  });
  const [{ LlamaChat }, llama] = await getBackend(file.gpu);
  if (file.gpu === true && llama.gpu === false) {
    throw createLoadError(`${name} requires a GPU, and none was found; remove "gpu" from its configuration.`);
  }
  try {
    const model = await llama.loadModel({ modelPath: file.path });
    const maxContextTokens = file.contextWindow ?? Math.min(defaultContextWindow, model.trainContextSize);
    const context = await model.createContext({ contextSize: { max: maxContextTokens } });
    const sequence = context.getSequence();
    const chat = new LlamaChat({ contextSequence: sequence });
    const { tokenizer } = model;
    return { llama, chat, sequence, contextSize: context.contextSize, tokenizer };
  } catch (cause) {
    throw createLoadError(`${name} could not be loaded; see the gateway's log.`, cause);
  }
}

const createLoadError = (message: string, cause?: unknown): GatewayError =>
  new GatewayError("upstream_unreachable", message, { cause, retry: false });
