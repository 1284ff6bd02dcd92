/** Runs the handler of a contract and sends what it answers: JSON, text, or a stream of events. */
import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Departures } from "./departures.ts";
import { sendEvents, type StreamLimits } from "./event-stream.ts";
import type { Exchange } from "./exchange.ts";
import type { Answer, Handlers, Incoming } from "./handler.ts";
import { delivered } from "./reader.ts";

export interface MountParts {
  readonly handlers: Handlers;
  readonly departures: Departures;
  readonly stream: StreamLimits;
}

/** The handler of some contract, once its request has been checked against that contract. */
type AnyHandler = (incoming: Incoming<Endpoint>) => AnyAnswer | Promise<AnyAnswer>;
type AnyAnswer =
  Answer<Endpoint> | { readonly events: AsyncIterable<unknown>; readonly headers?: Record<string, string> };

export function createAnswerer({
  handlers,
  departures,
  stream,
}: MountParts): (exchange: Exchange) => Promise<void> {
  const byId: ReadonlyMap<string, unknown> = new Map(Object.entries(handlers));

  return async (exchange) => {
    const { endpoint, res } = exchange;
    // The checks have parsed the input by this very contract: the pair is right by construction.
    const handle = byId.get(endpoint.id) as AnyHandler;
    const departure = departures.watch(res);
    try {
      const answer = await handle({
        ...(exchange.input as Pick<Incoming<Endpoint>, "params" | "query" | "headers" | "body">),
        credential: exchange.credential as Incoming<Endpoint>["credential"],
        requestId: exchange.requestId,
        signal: departure.signal,
        outlive: departure.outlive,
      });
      exchange.runBegan = endpoint.auth === "run";
      if (answer.headers) res.setHeaders(new Map(Object.entries(answer.headers)));
      if ("events" in answer) await sendEvents(res, answer.events, endpoint.sentinel, stream);
      else sendReply(exchange, await answer.reply, answer.status);
      await delivered(res, stream);
    } finally {
      departure.done();
    }
  };
}

function sendReply({ endpoint, req, res }: Exchange, reply: unknown, status = 200): void {
  const type = endpoint.replyType ?? "application/json";
  const body = type === "application/json" ? JSON.stringify(reply) : String(reply);
  res.writeHead(status, {
    "content-type": `${type}; charset=utf-8`,
    "content-length": Buffer.byteLength(body),
  });
  res.end(req.method === "HEAD" ? undefined : body);
}
