/** Runs the handler of a contract and sends what it answers: JSON, text, or a stream of events. */
import type { Endpoint } from "../../contracts/endpoint.ts";
import type { GatewayError } from "../errors.ts";
import type { Departures } from "./departures.ts";
import { failureText } from "./errors.ts";
import { sendEvents, streamHeaders, type StreamLimits } from "./event-stream.ts";
import type { Exchange } from "./exchange.ts";
import type { Answer, Handlers, Incoming } from "./handler.ts";
import type { Hold } from "./idempotency.ts";
import { delivered } from "./reader.ts";

export interface MountParts {
  readonly handlers: Handlers;
  readonly departures: Departures;
  readonly stream: StreamLimits;
  readonly hold: Hold;
}

/** The handler of some contract, once its request has been checked against that contract. */
type AnyHandler = (incoming: Incoming<Endpoint>) => AnyAnswer | Promise<AnyAnswer>;
type AnyAnswer = Answer<Endpoint> | AnyStream;
interface AnyStream {
  readonly events: AsyncIterable<unknown>;
  readonly headers?: Record<string, string>;
  readonly failure?: (error: GatewayError) => Iterable<unknown>;
}

export function createAnswerer({
  handlers,
  departures,
  stream,
  hold,
}: MountParts): (exchange: Exchange) => Promise<void> {
  const byId: ReadonlyMap<string, unknown> = new Map(Object.entries(handlers));

  return async (exchange) => {
    const { endpoint, req, res } = exchange;
    // The checks have parsed the input by this very contract: the pair is right by construction.
    const handle = byId.get(endpoint.id) as AnyHandler;
    const held = req.headers["idempotency-key"] === undefined ? undefined : await hold(exchange);
    if (held === "replayed") return;
    const departure = departures.watch(res, exchange.credential?.ended);
    // Whoever comes again with the key wants the answer.
    if (held !== undefined) departure.outlive();
    try {
      const answer = await handle({
        ...(exchange.input as Pick<Incoming<Endpoint>, "params" | "query" | "headers" | "body">),
        credential: exchange.credential as Incoming<Endpoint>["credential"],
        requestId: exchange.requestId,
        signal: departure.signal,
        outlive: departure.outlive,
      });
      exchange.runBegan = endpoint.auth === "run" || endpoint.auth === "tools";
      if (answer.headers) res.setHeaders(new Map(Object.entries(answer.headers)));
      if ("events" in answer) {
        const { sentinel, eventNames, resumable } = endpoint;
        const headers = { ...answer.headers, ...streamHeaders };
        const keep = held && ((body: string): Promise<void> => held.keep({ status: 200, headers, body }));
        const framing = { sentinel, eventNames, resumable, failure: answer.failure, keep };
        await sendEvents(res, answer.events, framing, stream);
      } else {
        const { status = 200 } = answer;
        const reply = encodeReply(endpoint, await answer.reply);
        const headers = { ...answer.headers, "content-type": reply.type };
        await held?.keep({ status, headers, body: reply.body });
        sendReply(exchange, reply, status);
      }
      await delivered(res, stream);
    } catch (thrown) {
      await held?.keepFailure(thrown, failureText(thrown, endpoint.errorShape));
      throw thrown;
    } finally {
      await held?.settle();
      departure.done();
    }
  };
}

interface EncodedReply {
  readonly type: string;
  readonly body: string;
}

function encodeReply({ replyType: type = "application/json" }: Endpoint, reply: unknown): EncodedReply {
  const body = type === "application/json" ? JSON.stringify(reply) : String(reply);
  return { type: `${type}; charset=utf-8`, body };
}

function sendReply({ req, res }: Exchange, { type, body }: EncodedReply, status: number): void {
  res.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  res.end(req.method === "HEAD" ? undefined : body);
}
