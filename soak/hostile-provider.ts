/** A model provider that sends what no client should have to read. The model of a request names the case; see `hostileCases`. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { createGzip, type Gzip } from "node:zlib";
import type { ConfigInput } from "../contracts/config/config.ts";
import { wireFormats, type WireFormat } from "../test/support/providers/wire-formats.ts";

interface HostileCase {
  /** `complete`: the reply is delivered; `error`: the run ends with `upstream_protocol`; `slow`: it lasts until the caller leaves. */
  readonly outcome: "complete" | "error" | "slow";
  /** Yields the response in chunks. */
  readonly chunks: (format: WireFormat) => Iterable<string | Buffer>;
  readonly isCompressed?: true;
}

const kilobyte = "x".repeat(1_000);
/** Where a bound is broken the response ends after this, so that a test fails instead of running on. */
const maxBytes = 200_000_000;

function* repeat(chunk: string | Buffer, bytes = maxBytes): Generator<string | Buffer> {
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

const continueArguments: Readonly<Record<WireFormat["api"], string>> = {
  "openai-completions": `data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"${kilobyte}"}}]}}]}\n\n`,
  "openai-responses": `data: {"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":0,"delta":"${kilobyte}"}\n\n`,
  "anthropic-messages": `data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"${kilobyte}"}}\n\n`,
  // Arguments of this API come whole.
  "google-generative-ai": `data: {"candidates":[{"content":{"parts":[{"functionCall":{"id":"c","name":"look","args":{"a":"${"x".repeat(200_000)}"}}}]}}]}\n\n`,
};

function* createCalls({ startCall }: WireFormat): Generator<string> {
  for (let number = 0; number < 1_000_000; number += 1) yield startCall(`call_${number}`, "look", "{}");
}

export const hostileCases = {
  text: {
    outcome: "error",
    chunks: (format) => endless(format.startText("a"), format.continueText(kilobyte)),
  },
  thinking: { outcome: "error", chunks: ({ startThinking }) => repeat(startThinking(kilobyte).repeat(16)) },
  arguments: {
    outcome: "error",
    chunks: (format) =>
      endless(
        format.api === "google-generative-ai" ? "" : format.startCall("call_1", "look", '{"a":"'),
        continueArguments[format.api],
      ),
  },
  calls: { outcome: "error", chunks: createCalls },
  "empty-deltas": {
    outcome: "complete",
    chunks: (format) => [
      format.startText("a"),
      ...repeat(format.continueText("").repeat(100), 400_000),
      format.ending,
    ],
  },
  "one-byte-at-a-time": {
    outcome: "slow",
    chunks: function* (format) {
      yield* format.startText("a");
      for (;;) yield* format.continueText("a");
    },
  },
  "one-event": { outcome: "error", chunks: () => endless("data: ", kilobyte.repeat(16)) },
  "invalid-utf8": {
    outcome: "complete",
    chunks: (format) => {
      const start = Buffer.from(format.startText("a?b"));
      start[start.lastIndexOf("?")] = 0xff;
      return [start, format.ending];
    },
  },
  "lone-surrogates": {
    outcome: "complete",
    chunks: (format) => [
      format.startText("a\ud800"),
      ...repeat(format.continueText("\udc00\ud800x"), 100_000),
      format.ending,
    ],
  },
  "gzip-of-one-event": {
    outcome: "error",
    isCompressed: true,
    chunks: () => endless("data: ", kilobyte.repeat(64)),
  },
  "gzip-of-text": {
    outcome: "error",
    isCompressed: true,
    chunks: (format) => endless(format.startText("a"), format.continueText(kilobyte).repeat(4)),
  },
} as const satisfies Readonly<Record<string, HostileCase>>;

export type HostileCaseName = keyof typeof hostileCases;

/** Returns a stream that starts, and then repeats one event. */
function* endless(start: string, event: string): Generator<string | Buffer> {
  yield start;
  yield* repeat(event.repeat(16));
}

export interface HostileProvider extends AsyncDisposable {
  readonly origin: string;
  /** Bytes sent for the cases without compression so far, and responses whose connection is open. */
  readonly sent: { bytes: number; open: number };
}

/** @param byteMs time between two bytes of the case that sends them one at a time */
export async function startHostileProvider(byteMs: number): Promise<HostileProvider> {
  const sent = { bytes: 0, open: 0 };
  // The connections of a busy process outlive the default of 5 s.
  const server = createServer({ keepAliveTimeout: 65_000 }, (req, res) => {
    respond(req, res, byteMs, sent).catch((error: unknown) => res.destroy(error as Error));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function respond(
  req: IncomingMessage,
  res: ServerResponse,
  byteMs: number,
  sent: HostileProvider["sent"],
): Promise<void> {
  const body = JSON.parse(Buffer.concat(await req.toArray()).toString()) as { readonly model?: string };
  const path = req.url ?? "";
  const format = wireFormats.find(({ api }) => path.startsWith(`/${api}/`)) ?? wireFormats[0];
  const name = body.model ?? /models\/([\w-]+):/.exec(path)?.[1] ?? "";
  if (format === undefined) return;
  const hostile: HostileCase | undefined = hostileCases[name as HostileCaseName];
  const isCompressed = hostile?.isCompressed === true;
  res.writeHead(200, {
    "content-type": "text/event-stream",
    ...(isCompressed && { "content-encoding": "gzip" }),
  });
  if (hostile === undefined) {
    res.end(format.startText("fine") + format.ending);
    return;
  }
  sent.open += 1;
  res.once("close", () => (sent.open -= 1));
  const output = isCompressed ? createGzip() : res;
  if (output !== res) {
    (output as Gzip).pipe(res);
    res.once("close", () => output.destroy());
  }
  let count = 0;
  for (const chunk of hostile.chunks(format)) {
    if (res.destroyed) return;
    if (!isCompressed) sent.bytes += chunk.length;
    if (!output.write(chunk)) await waitForDrain(output, res);
    if (hostile.outcome === "slow") await sleep(byteMs);
    else if ((count += 1) % 16 === 0) await turn();
  }
  output.end();
}

/** Resolves when there is room, or when the response is closed. */
async function waitForDrain(output: Gzip | ServerResponse, res: ServerResponse): Promise<void> {
  const listeners = new AbortController();
  const { signal } = listeners;
  await Promise.race([once(output, "drain", { signal }), once(res, "close", { signal })]).catch(() => {});
  listeners.abort();
}

/** The agent that asks the provider for a case in a wire format. */
export const toAgentId = (api: WireFormat["api"], name: HostileCaseName | "fine"): string => `${api}-${name}`;

/** An agent for each case in each wire format, and one whose answers are `fine`. */
export function createHostileConfig(
  { origin }: Pick<HostileProvider, "origin">,
  limits: NonNullable<ConfigInput["gateway"]>["limits"] = {},
): ConfigInput {
  const names = [...(Object.keys(hostileCases) as HostileCaseName[]), "fine"] as const;
  return {
    gateway: { http: { endpoints: { chatCompletions: { enabled: true } } }, limits },
    agents: {
      list: wireFormats.flatMap(({ api }) =>
        names.map((name) => ({ id: toAgentId(api, name), model: `${api}/${name}` })),
      ),
    },
    models: {
      providers: Object.fromEntries(
        wireFormats.map(({ api }) => [
          api,
          { api, baseUrl: `${origin}/${api}`, apiKey: "key", models: names.map((id) => ({ id })) },
        ]),
      ),
    },
  };
}
