/** Contracts and their handlers on a listening socket, by method and path alone: no gate, no limits, nothing of a gateway. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { readJson } from "../../server/http/body.ts";
import { createDepartures, type Departures } from "../../server/http/departures.ts";
import { sendError } from "../../server/http/errors.ts";
import type { StreamLimits } from "../../server/http/event-stream.ts";
import type { Exchange } from "../../server/http/exchange.ts";
import type { Handlers } from "../../server/http/handler.ts";
import { createAnswerer } from "../../server/http/mount.ts";
import { parseWith } from "../../server/http/schema.ts";

interface Served {
  readonly endpoint: Endpoint;
  /** A `Handler` of that endpoint. */
  readonly handler: unknown;
}

interface ServerOptions {
  readonly departures?: Departures;
  readonly stream?: Partial<StreamLimits>;
  /** Name of everybody's credential. */
  readonly credential?: string;
}

const patient: StreamLimits = {
  headersAfterMs: 10_000,
  keepAliveMs: 15_000,
  maxUnreadBytes: 1_048_576,
  slowReaderMs: 30_000,
};

/** Resolves to its address, which ends without a slash. */
export async function serveContracts(
  served: readonly Served[],
  { departures = createDepartures(), stream, credential = "operator" }: ServerOptions = {},
): Promise<string> {
  const handlers = Object.fromEntries(served.map(({ endpoint, handler }) => [endpoint.id, handler]));
  const answer = createAnswerer({
    handlers: handlers as unknown as Handlers,
    departures,
    stream: { ...patient, ...stream },
    hold: () => Promise.resolve(undefined),
  });

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? "/", "http://x");
    const { endpoint, params } = find(req.method ?? "", url.pathname);
    const read = endpoint.body && (await readJson(req, res, 20_000_000, { maxDepth: 64, maxNodes: 50_000 }));
    const query = Object.fromEntries(url.searchParams);
    await answer({
      req,
      res,
      requestId: "req_test",
      candidates: [endpoint],
      endpoint,
      credential: { name: credential },
      runBegan: false,
      input: {
        params: endpoint.params && parseWith(endpoint.params, params, "path"),
        query: endpoint.query && parseWith(endpoint.query, query, "query"),
        headers: endpoint.headers && parseWith(endpoint.headers, req.headers, "headers"),
        body: endpoint.body && parseWith(endpoint.body, read, "body"),
      },
    } as unknown as Exchange);
  }

  function find(method: string, path: string) {
    for (const { endpoint } of served) {
      const pattern = endpoint.path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
      const match = new RegExp(`^${pattern}$`).exec(path);
      if (match !== null && endpoint.method === method.toLowerCase())
        return { endpoint, params: match.groups ?? {} };
    }
    throw new Error(`nothing is served at ${method} ${path}`);
  }

  const server = createServer((req, res) => {
    res.on("error", () => {});
    serve(req, res).catch((error: unknown) => sendError(res, error));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
