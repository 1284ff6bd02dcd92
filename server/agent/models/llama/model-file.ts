/** A GGUF file in memory: loaded when it is first asked, then kept. */
import { access, constants } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { GatewayError } from "../../../errors.ts";
import { loadLibrary, type Llama, type LlamaChat, type LlamaLibrary, type Sequence } from "./library.ts";

export interface ModelFile {
  readonly id: string;
  readonly path: string;
  readonly contextWindow: number | undefined;
  /** Undefined: one is used where it is found. */
  readonly gpu: boolean | undefined;
}

export interface OpenModel {
  readonly llama: Llama;
  readonly chat: LlamaChat;
  readonly sequence: Sequence;
  readonly contextSize: number;
  readonly tokenizer: unknown;
}

/** Enough for an agent's instructions and some steps; memory grows with it. */
export const defaultContextWindow = 8_192;

/** The library's engine, one for each way to run it. */
export type Engines = (gpu: boolean | undefined) => Promise<readonly [LlamaLibrary, Llama]>;

export function createEngines(): Engines {
  const running = new Map<boolean, ReturnType<Engines>>();
  return (gpu) => {
    const key = gpu !== false;
    const engine = running.get(key) ?? startEngine(key);
    running.set(key, engine);
    engine.catch(() => running.delete(key));
    return engine;
  };
}

async function startEngine(gpu: boolean): ReturnType<Engines> {
  const library = await loadLibrary();
  const llama = await library
    .getLlama({
      gpu: gpu ? "auto" : false,
      build: "never",
      // One core is left to the gateway; threads that wait for each other are slow on a busy machine.
      maxThreads: Math.max(1, availableParallelism() - 1),
      progressLogs: false,
      logger: () => {},
    })
    .catch((cause: unknown) => {
      throw failed(
        "node-llama-cpp has no program for this machine; install it with its optional packages: npm install node-llama-cpp",
        cause,
      );
    });
  return [library, llama];
}

export async function openModelFile(file: ModelFile, engines: Engines): Promise<OpenModel> {
  const name = `The model "${file.id}"`;
  await access(file.path, constants.R_OK).catch((cause: unknown) => {
    throw failed(`${name} has no file that can be read; its "path" in models.providers says which.`, cause);
  });
  const [{ LlamaChat }, llama] = await engines(file.gpu);
  if (file.gpu === true && llama.gpu === false) {
    throw failed(`${name} is to run on a GPU, and none was found; leave "gpu" out.`);
  }
  try {
    const model = await llama.loadModel({ modelPath: file.path });
    const wanted = file.contextWindow ?? Math.min(defaultContextWindow, model.trainContextSize);
    const context = await model.createContext({ contextSize: { max: wanted } });
    const sequence = context.getSequence();
    const chat = new LlamaChat({ contextSequence: sequence });
    const { tokenizer } = model;
    return { llama, chat, sequence, contextSize: context.contextSize, tokenizer };
  } catch (cause) {
    throw failed(`${name} could not be loaded; the gateway's log says why.`, cause);
  }
}

const failed = (message: string, cause?: unknown): GatewayError =>
  new GatewayError("upstream_unreachable", message, { cause, retry: false });
