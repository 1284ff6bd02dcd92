/** A provider that is spoken to through a package of the AI SDK, as models. Nothing is thrown, and nothing is tried twice. */
import type { Dispatcher } from "undici";
import { GatewayError, toGatewayError } from "../../../errors.ts";
import type { Model, ModelCall, ModelEvent } from "../../types.ts";
import { allOrNothing } from "../all-or-nothing.ts";
import { cutFault, protocolFault, type Upstream } from "../faults.ts";
import { endingAtStop } from "../ending-at-stop.ts";
import { keepAliveAgent, upstreamOf, type ServerSettings } from "../upstream.ts";
import { watched, type Watch } from "../watch.ts";
import type { Api, Target } from "./api.ts";
import { callOptions } from "./call-options.ts";
import { openExchange, type Server } from "./exchange.ts";
import { createPartReader, type BadEnd } from "./read-parts.ts";

export type AiSdkSettings = Omit<ServerSettings, "baseUrl"> & { readonly baseUrl: string | undefined };

export function aiSdkProvider(
  api: Api,
  given: AiSdkSettings,
  dispatcher: Dispatcher = keepAliveAgent(),
): (modelId: string) => Model {
  const settings = { ...given, baseUrl: versioned(given.baseUrl ?? api.baseUrl, api) };
  const baseUrl = new URL(settings.baseUrl);
  const server: Server = { settings, api, baseUrl, upstream: upstreamOf(settings), dispatcher };
  return (modelId) => {
    const target = {
      modelId,
      key: `${api.name} ${baseUrl.host} ${modelId}`,
      official: baseUrl.host === new URL(api.baseUrl).host,
    };
    const model: Model = (call, signal) => watched(signal, (watch) => answer(server, target, call, watch));
    return allOrNothing(api.knowsStop ? model : endingAtStop(model));
  };
}

/** With the API's version at the end of its path, which many leave out. */
function versioned(given: string, api: Api): string {
  const url = new URL(given);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = /\/v\d+(?:alpha|beta)?$/.test(path) ? path : path + new URL(api.baseUrl).pathname;
  return url.href;
}

async function* answer(
  server: Server,
  target: Target,
  call: ModelCall,
  watch: Watch,
): AsyncGenerator<ModelEvent, void> {
  const { api, baseUrl, upstream } = server;
  const exchange = openExchange(server, watch);
  try {
    if (watch.ended() !== undefined) return;
    const options = callOptions(api, target, call);
    const baseURL = `${baseUrl.origin}${baseUrl.pathname}`;
    const model = await api.open({ baseURL, fetch: exchange.fetch }, target.modelId);
    const { stream } = await model.doStream(options);
    const reader = createPartReader(api, target.key);
    let ending: readonly ModelEvent[] | undefined;
    for await (const part of stream) {
      const said = reader.read(part);
      if (watch.ended() === "left") return;
      if (said === "cut" || said === "failed" || said === "not understood") {
        yield { type: "error", error: exchange.fault() ?? endFault(said, upstream) };
        return;
      }
      // The connection serves the next call only when the stream was read to its end.
      if (part.type === "finish") ending = said;
      else yield* said;
    }
    if (watch.ended() === "left") return;
    // All is here: whoever leaves now leaves nothing that could still be ended.
    watch.release();
    const fault = exchange.fault() ?? (ending === undefined ? cutFault(upstream) : undefined);
    if (fault === undefined) yield* ending ?? [];
    else yield { type: "error", error: fault };
  } catch (thrown) {
    if (watch.ended() === "left") return;
    yield { type: "error", error: exchange.fault() ?? thrownFault(thrown, exchange.asked(), upstream) };
  } finally {
    watch.release();
    exchange.close();
  }
}

function endFault(bad: BadEnd, upstream: Upstream): GatewayError {
  if (bad === "cut") return cutFault(upstream);
  if (bad === "failed") return new GatewayError("upstream_error", `${upstream.host} failed.`);
  return notUnderstood(upstream);
}

/** Once the provider was asked, what the package throws is about its answer, whose words no log may have. */
const thrownFault = (thrown: unknown, asked: boolean, upstream: Upstream): GatewayError =>
  asked ? notUnderstood(upstream) : toGatewayError(thrown);

const notUnderstood = (upstream: Upstream): GatewayError =>
  protocolFault(upstream, "sent an answer that is none of this API");
