/**
 * A model provider that sends scripted responses, byte by byte if needed. Run as a program it receives its scripts over
 * HTTP. The first segment of a path names the provider, so one process can serve many providers.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";

/** A step of a response. Text and bytes are sent; `every` splits text into slices of so many bytes, written one by one. */
export type ResponseStep =
  | string
  | Uint8Array
  | { readonly send: string; readonly every: number }
  | { readonly waitMs: number }
  | { readonly until: Promise<unknown> }
  | { readonly act: "flush headers" | "hold" | "stall" | "cut" | "reset" };

export const flushHeaders: ResponseStep = { act: "flush headers" };
/** Waits for `POST /go?provider=…`, so that the test sees the steps before it first. */
export const waitForResume: ResponseStep = { act: "hold" };
/** Stops sending and keeps the connection open. */
export const stall: ResponseStep = { act: "stall" };
/** Closes the connection in the middle of the response. */
export const closeConnection: ResponseStep = { act: "cut" };
/** The same with RST. Data sent shortly before may be lost. */
export const resetConnection: ResponseStep = { act: "reset" };

export interface ScriptedResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pulled one by one as the caller reads. Headers are sent with the first bytes. */
  readonly steps: Iterable<ResponseStep>;
}

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
  /** Resolves when the caller's socket closes. */
  readonly closed: Promise<unknown>;
}

export interface ScriptedProvider extends AsyncDisposable {
  readonly baseUrl: string;
  requests(): readonly ReceivedRequest[];
  /** Returns the number of connections accepted so far. */
  connections(): number;
  /** Appends responses for requests to providers that have none of their own. */
  script(...responses: readonly ScriptedResponse[]): void;
  close(): Promise<void>;
}

/** A request as the program reports it. */
export interface ProviderRequest {
  readonly path: string;
  /** The API key, from the header of any API. */
  readonly key: string | undefined;
  readonly body: unknown;
}

/** The state of one provider. */
interface ProviderState {
  readonly responses: ScriptedResponse[];
  readonly requests: ProviderRequest[];
  readonly resumed: PromiseWithResolvers<void>;
}

const eventStreamHeaders = { "content-type": "text/event-stream" };

/** Encodes chunks as SSE frames, followed by `[DONE]`. */
export const sseFrames = (...chunks: readonly unknown[]): string =>
  [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"].map((data) => `data: ${data}\n\n`).join("");

export const sseResponse = (...steps: readonly ResponseStep[]): ScriptedResponse => ({
  headers: eventStreamHeaders,
  steps,
});

export const jsonResponse = (
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): ScriptedResponse => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  steps: [JSON.stringify(body)],
});

/** Creates one chunk of choice 0. */
export const completionChunk = (delta: object, finishReason: string | null = null): object => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finishReason }],
});

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const responses: ScriptedResponse[] = [];
  const requests: ReceivedRequest[] = [];
  const socketClosures = new Map<Socket, Promise<unknown>>();
  const providers = new Map<string, ProviderState>();
  const findProvider = (name: string): ProviderState => {
    const provider = providers.get(name) ?? {
      responses: [],
      requests: [],
      resumed: Promise.withResolvers<void>(),
    };
    providers.set(name, provider);
    return provider;
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.on("connection", (socket) => {
    socketClosures.set(socket, new Promise((resolve) => socket.once("close", resolve)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = Buffer.concat(await request.toArray()).toString();
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const { pathname, searchParams } = new URL(request.url ?? "", "http://provider");
    const providerName = searchParams.get("provider");
    const provider = findProvider(providerName ?? pathname.split("/")[1] ?? "");
    if (pathname === "/script" || pathname === "/go" || pathname === "/seen") {
      if (pathname === "/script")
        (providerName === null ? responses : provider.responses).push(...(body as ScriptedResponse[]));
      if (pathname === "/go") provider.resumed.resolve();
      response.end(JSON.stringify(provider.requests));
      return;
    }
    const { authorization, "x-api-key": apiKey, "x-goog-api-key": googleKey } = request.headers;
    const key = authorization?.replace("Bearer ", "") ?? apiKey ?? googleKey;
    provider.requests.push({ path: pathname, key: key?.toString(), body });
    requests.push({
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body,
      closed: socketClosures.get(request.socket) ?? Promise.resolve(),
    });
    const scripted = provider.responses.shift() ?? responses.shift();
    const unscripted = jsonResponse({ error: { message: "Nothing is scripted." } }, 500);
    await sendResponse(scripted ?? unscripted, response, provider.resumed.promise);
  }

  async function close(): Promise<void> {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests: () => requests,
    connections: () => socketClosures.size,
    script: (...added) => void responses.push(...added),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Resolves when the caller of the first request has closed its socket. */
export async function waitForClose(provider: ScriptedProvider): Promise<void> {
  const [request] = provider.requests();
  if (request === undefined) throw new Error("the provider has received no request");
  await request.closed;
}

async function sendResponse(
  scripted: ScriptedResponse,
  response: ServerResponse,
  resumed: Promise<void>,
): Promise<void> {
  response.socket?.setNoDelay(true);
  response.writeHead(scripted.status ?? 200, scripted.headers);
  for (const step of scripted.steps) {
    if (response.destroyed) return;
    if (typeof step === "string" || step instanceof Uint8Array) await write(response, step);
    else if ("send" in step) await writeSlices(response, Buffer.from(step.send), step.every);
    else if ("waitMs" in step) await sleep(step.waitMs);
    else if ("until" in step) await step.until;
    else if (step.act === "flush headers") response.flushHeaders();
    else if (step.act === "hold") await resumed;
    else return abandonResponse(response, step.act);
  }
  response.end();
}

function abandonResponse(response: ServerResponse, act: "stall" | "cut" | "reset"): void {
  if (act === "cut") response.socket?.end();
  if (act === "reset") response.socket?.resetAndDestroy();
}

async function writeSlices(response: ServerResponse, bytes: Buffer, sliceBytes: number): Promise<void> {
  for (let start = 0; start < bytes.length && !response.destroyed; start += sliceBytes) {
    await write(response, bytes.subarray(start, start + sliceBytes));
    await turn();
  }
}

async function write(response: ServerResponse, bytes: string | Uint8Array): Promise<void> {
  if (response.write(bytes)) return;
  const listeners = new AbortController();
  const { signal } = listeners;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  listeners.abort();
}

if (import.meta.main) {
  const provider = await startScriptedProvider();
  process.stdout.write(`${JSON.stringify({ baseUrl: provider.baseUrl })}\n`);
  // Exits with the process that started it, also when that was killed.
  process.stdin.resume().once("end", () => process.exit());
}
