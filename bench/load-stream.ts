/** Streams: reads them as they come, counts their chunks, and takes none for delivered that is not whole and in order. */
import { Agent, request, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { streamRequest, type Script } from "./script.ts";
import type { Server } from "./servers.ts";

export interface StreamsRead {
  readonly delivered: number;
  readonly started: number;
  readonly seconds: number;
  /** Milliseconds from the upstream to here, of every chunk that says when it left. */
  readonly lags: readonly number[];
}

const patienceMs = 30_000;

type Target = Pick<Server, "url" | "headers">;

/** One stream after the other over each connection, until the time is over. */
export async function loadStreams(
  target: Target,
  load: {
    readonly connections: number;
    readonly seconds: number;
    readonly chunks: number;
    readonly request?: (script: Script) => string;
  },
): Promise<StreamsRead> {
  const { connections, seconds, chunks, request } = load;
  const startedAt = performance.now();
  return await readAll(connections, async (read) => {
    while (performance.now() - startedAt < seconds * 1_000) {
      await read(target, { chunks, everyMs: 0 }, request);
    }
  });
}

/** One stream over each connection, all at the same time; they begin spread over a second. */
export async function loadPacedStreams(
  target: Target,
  streams: number,
  script: Script,
): Promise<StreamsRead> {
  return await readAll(streams, async (read, index) => {
    await sleep((index * 1_000) / streams);
    await read(target, script);
  });
}

type Read = (target: Target, script: Script, request?: (script: Script) => string) => Promise<void>;

async function readAll(
  connections: number,
  work: (read: Read, index: number) => Promise<void>,
): Promise<StreamsRead> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const lags: number[] = [];
  let started = 0;
  let delivered = 0;
  const read: Read = async (target, script, request = streamRequest) => {
    started += 1;
    if (await readStream(target, script, request(script), agent, lags)) delivered += 1;
  };
  const startedAt = performance.now();
  // A server that is far behind is not waited for: closed connections are streams that did not come whole.
  const patience = setTimeout(() => agent.destroy(), patienceMs);
  await Promise.all(Array.from({ length: connections }, (_, index) => work(read, index)));
  const seconds = (performance.now() - startedAt) / 1_000;
  clearTimeout(patience);
  agent.destroy();
  return { delivered, started, seconds, lags };
}

/** True when every chunk came, in order, and the end after them. */
function readStream(
  { url, headers }: Target,
  script: Script,
  body: string,
  agent: Agent,
  lags: number[],
): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = (): void => resolve(false);
    const read = (response: IncomingMessage): void => {
      const chunks = chunkReader(lags);
      response.setEncoding("latin1");
      response.on("data", chunks.read).on("error", failed);
      response.on("end", () => resolve(chunks.count() === script.chunks && chunks.ended()));
    };
    request(url, { method: "POST", agent, headers }, read).on("error", failed).end(body);
  });
}

/** Looks for `#<number>@<microseconds>$` and no further: to parse each chunk would measure this client. */
function chunkReader(lags: number[]): {
  read(text: string): void;
  count(): number;
  ended(): boolean;
} {
  let rest = "";
  let count = 0;
  let ended = false;
  return {
    read(bytes) {
      const text = rest + bytes;
      let from = 0;
      for (let at = text.indexOf("#"); at >= 0; at = text.indexOf("#", from)) {
        const end = text.indexOf("$", at);
        if (end < 0) break;
        const expected = `#${count}@`;
        if (text.startsWith(expected, at)) count += 1;
        const sentAt = Number(text.slice(at + expected.length, end));
        if (sentAt > 0) lags.push((Number(process.hrtime.bigint()) / 1_000 - sentAt) / 1_000);
        from = end;
      }
      ended ||= text.includes("data: [DONE]\n\n", from);
      rest = text.slice(Math.max(from, text.length - 64));
    },
    count: () => count,
    ended: () => ended,
  };
}
