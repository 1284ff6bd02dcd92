/**
 * A model provider that answers what it is told to, byte by byte if need be. Run as a program it takes its scripts over
 * HTTP, one for each lane: a lane is the first part of a path, so one process can be many providers.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";

/** What an answer does next: text or bytes are sent; `every` cuts them into pieces, each written on its own. */
export type Step =
  | string
  | Uint8Array
  | { readonly send: string; readonly every: number }
  | { readonly waitMs: number }
  | { readonly until: Promise<unknown> }
  | { readonly act: "flush headers" | "hold" | "stall" | "cut" | "reset" };

export const flushHeaders: Step = { act: "flush headers" };
/** Waits for `POST /go?lane=…`, so that what follows happens after what came before was seen. */
export const hold: Step = { act: "hold" };
/** Sends nothing more and keeps the connection. */
export const stall: Step = { act: "stall" };
/** Closes the connection in the middle of the answer. */
export const cut: Step = { act: "cut" };
/** The same with RST; what was sent shortly before may be lost. */
export const reset: Step = { act: "reset" };

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pulled one by one, as the caller reads. Headers leave with the first bytes. */
  readonly steps: Iterable<Step>;
}

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
  /** Resolves when the caller's socket is closed. */
  readonly closed: Promise<unknown>;
}

export interface ScriptedProvider extends AsyncDisposable {
  readonly baseUrl: string;
  requests(): readonly ReceivedRequest[];
  /** Connections accepted so far. */
  connections(): number;
  /** The next answers, in order, for requests whose lane has none of its own. */
  script(...answers: readonly Answer[]): void;
  close(): Promise<void>;
}

/** What the program tells of a request. */
export interface SeenRequest {
  readonly path: string;
  /** The credential, in whichever header the API has it. */
  readonly key: string | undefined;
  readonly body: unknown;
}

/** What the program knows of one lane. */
interface Lane {
  readonly answers: Answer[];
  readonly seen: SeenRequest[];
  readonly go: PromiseWithResolvers<void>;
}

const eventStream = { "content-type": "text/event-stream" };

/** Chunks as frames, ended by `[DONE]`. */
export const frames = (...chunks: readonly unknown[]): string =>
  [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"].map((data) => `data: ${data}\n\n`).join("");

export const streamed = (...steps: readonly Step[]): Answer => ({ headers: eventStream, steps });

export const json = (
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  steps: [JSON.stringify(body)],
});

/** One chunk of choice 0. */
export const chunk = (delta: object, finish: string | null = null): object => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finish }],
});

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const answers: Answer[] = [];
  const received: ReceivedRequest[] = [];
  const closed = new Map<Socket, Promise<unknown>>();
  const lanes = new Map<string, Lane>();
  const laneOf = (name: string): Lane => {
    const lane = lanes.get(name) ?? { answers: [], seen: [], go: Promise.withResolvers<void>() };
    lanes.set(name, lane);
    return lane;
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((thrown: unknown) => response.destroy(thrown as Error));
  });
  server.on("connection", (socket) => {
    closed.set(socket, new Promise((resolve) => socket.once("close", resolve)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = Buffer.concat(await request.toArray()).toString();
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const { pathname, searchParams } = new URL(request.url ?? "", "http://provider");
    const named = searchParams.get("lane");
    const lane = laneOf(named ?? pathname.split("/")[1] ?? "");
    if (pathname === "/script" || pathname === "/go" || pathname === "/seen") {
      if (pathname === "/script") (named === null ? answers : lane.answers).push(...(body as Answer[]));
      if (pathname === "/go") lane.go.resolve();
      response.end(JSON.stringify(lane.seen));
      return;
    }
    const { authorization, "x-api-key": apiKey, "x-goog-api-key": googleKey } = request.headers;
    const key = authorization?.replace("Bearer ", "") ?? apiKey ?? googleKey;
    lane.seen.push({ path: pathname, key: key?.toString(), body });
    received.push({
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body,
      closed: closed.get(request.socket) ?? Promise.resolve(),
    });
    const answer = lane.answers.shift() ?? answers.shift();
    const unscripted = json({ error: { message: "Nothing is scripted." } }, 500);
    await play(answer ?? unscripted, response, lane.go.promise);
  }

  async function close(): Promise<void> {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests: () => received,
    connections: () => closed.size,
    script: (...more) => void answers.push(...more),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function play(answer: Answer, response: ServerResponse, go: Promise<void>): Promise<void> {
  response.socket?.setNoDelay(true);
  response.writeHead(answer.status ?? 200, answer.headers);
  for (const step of answer.steps) {
    if (response.destroyed) return;
    if (typeof step === "string" || step instanceof Uint8Array) await write(response, step);
    else if ("send" in step) await writePieces(response, Buffer.from(step.send), step.every);
    else if ("waitMs" in step) await sleep(step.waitMs);
    else if ("until" in step) await step.until;
    else if (step.act === "flush headers") response.flushHeaders();
    else if (step.act === "hold") await go;
    else return leave(response, step.act);
  }
  response.end();
}

function leave(response: ServerResponse, act: "stall" | "cut" | "reset"): void {
  if (act === "cut") response.socket?.end();
  if (act === "reset") response.socket?.resetAndDestroy();
}

async function writePieces(response: ServerResponse, bytes: Buffer, every: number): Promise<void> {
  for (let start = 0; start < bytes.length && !response.destroyed; start += every) {
    await write(response, bytes.subarray(start, start + every));
    await turn();
  }
}

async function write(response: ServerResponse, bytes: string | Uint8Array): Promise<void> {
  if (response.write(bytes)) return;
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  waiting.abort();
}

if (import.meta.main) {
  const provider = await startScriptedProvider();
  process.stdout.write(`${JSON.stringify({ baseUrl: provider.baseUrl })}\n`);
  // It goes with whoever started it, also when that was killed.
  process.stdin.resume().once("end", () => process.exit());
}
