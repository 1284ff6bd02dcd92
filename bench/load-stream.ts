/** Loads a server with streams. A stream counts as delivered when all its chunks arrive in order. */
import { Agent, request, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createStreamRequest, type Script } from "./script.ts";
import type { Server } from "./servers.ts";

export interface StreamResult {
  readonly deliveredCount: number;
  readonly startedCount: number;
  readonly seconds: number;
  /** Milliseconds from the upstream to this client, for every chunk that carries a timestamp. */
  readonly lags: readonly number[];
}

const timeoutMs = 30_000;

type Target = Pick<Server, "url" | "headers">;

/** Reads one stream after another on each connection until the time is over. */
export async function loadStreams(
  target: Target,
  load: {
    readonly connections: number;
    readonly seconds: number;
    readonly chunks: number;
    readonly request?: (script: Script) => string;
  },
): Promise<StreamResult> {
  const { connections, seconds, chunks, request } = load;
  const startedAt = performance.now();
  return await readStreams(connections, async (read) => {
    while (performance.now() - startedAt < seconds * 1_000) {
      await read(target, { chunks, everyMs: 0 }, request);
    }
  });
}

/** Reads one stream on each connection, all concurrently. The starts are spread over one second. */
export async function loadPacedStreams(
  target: Target,
  streams: number,
  script: Script,
): Promise<StreamResult> {
  return await readStreams(streams, async (read, index) => {
    await sleep((index * 1_000) / streams);
    await read(target, script);
  });
}

type ReadStream = (target: Target, script: Script, request?: (script: Script) => string) => Promise<void>;

async function readStreams(
  connections: number,
  work: (read: ReadStream, index: number) => Promise<void>,
): Promise<StreamResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const lags: number[] = [];
  let startedCount = 0;
  let deliveredCount = 0;
  const read: ReadStream = async (target, script, request = createStreamRequest) => {
    startedCount += 1;
    if (await readStream(target, script, request(script), agent, lags)) deliveredCount += 1;
  };
  const startedAt = performance.now();
  // Connections still open after the timeout are closed; their streams count as not delivered.
  const timeout = setTimeout(() => agent.destroy(), timeoutMs);
  await Promise.all(Array.from({ length: connections }, (_, index) => work(read, index)));
  const seconds = (performance.now() - startedAt) / 1_000;
  clearTimeout(timeout);
  agent.destroy();
  return { deliveredCount, startedCount, seconds, lags };
}

/** Resolves to true when every chunk and the end arrive in order. */
function readStream(
  { url, headers }: Target,
  script: Script,
  body: string,
  agent: Agent,
  lags: number[],
): Promise<boolean> {
  return new Promise((resolve) => {
    const reject = (): void => resolve(false);
    const read = (response: IncomingMessage): void => {
      const chunks = createChunkReader(lags);
      response.setEncoding("latin1");
      response.on("data", chunks.read).on("error", reject);
      response.on("end", () => resolve(chunks.count() === script.chunks && chunks.isEnded()));
    };
    request(url, { method: "POST", agent, headers }, read).on("error", reject).end(body);
  });
}

/** The last frame of a complete stream of each API. */
const endings = ["data: [DONE]\n\n", 'data: {"type":"message_stop"}\n\n'];

/** Looks only for `#<number>@<microseconds>$`. Parsing each chunk would measure this client instead of the server. */
function createChunkReader(lags: number[]): {
  read(text: string): void;
  count(): number;
  isEnded(): boolean;
} {
  let rest = "";
  let count = 0;
  let isEnded = false;
  return {
    read(bytes) {
      const text = rest + bytes;
      let from = 0;
      for (let position = text.indexOf("#"); position >= 0; position = text.indexOf("#", from)) {
        const end = text.indexOf("$", position);
        if (end < 0) break;
        const expected = `#${count}@`;
        if (text.startsWith(expected, position)) count += 1;
        const sentAt = Number(text.slice(position + expected.length, end));
        if (sentAt > 0) lags.push((Number(process.hrtime.bigint()) / 1_000 - sentAt) / 1_000);
        from = end;
      }
      isEnded ||= endings.some((ending) => text.includes(ending, from));
      rest = text.slice(Math.max(from, text.length - 64));
    },
    count: () => count,
    isEnded: () => isEnded,
  };
}
