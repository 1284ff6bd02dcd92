/** Counts the input tokens of a call with the counter of its provider. Undefined where the provider cannot say. */
import { request } from "undici";
import type { ModelCall, NamedModel } from "../../types.ts";
import { createCallController } from "../call-controller.ts";
import { asFields, asText, tryParseJson } from "../untrusted-json.ts";
import { readErrorText, ignoreErrors } from "../upstream.ts";
import type { Target } from "./api.ts";
import { toCallOptions } from "./call-options.ts";
import { toProviderHeaders, toProviderUrl, type ProviderServer } from "./provider-fetch.ts";

/** Clients ask for many counts at once and show them while they wait: an estimate is better than a late count. */
const timeoutMs = 5_000;
/** Statuses of a server that has no counter. */
const absentStatuses: ReadonlySet<number> = new Set([404, 405, 501]);

export type CountTokens = NonNullable<NamedModel["countTokens"]>;

export function createTokenCounter(server: ProviderServer): ((target: Target) => CountTokens) | undefined {
  const { counter } = server.api;
  if (counter === undefined) return undefined;
  let isAbsent = false;

  async function count(target: Target, call: ModelCall, signal: AbortSignal): Promise<number | undefined> {
    const prompt = await captureRequest(server, target, call);
    if (prompt === undefined) return undefined;
    const controller = createCallController(signal);
    try {
      controller.startTimer(timeoutMs);
      const url = toProviderUrl(counter?.toUrl(prompt.url) ?? prompt.url, server);
      const { statusCode, body } = await request(url, {
        method: "POST",
        headers: { ...toProviderHeaders(prompt.init, server), accept: "application/json" },
        body: JSON.stringify(counter?.toBody(prompt.body, target.modelId)),
        signal: controller.signal,
        dispatcher: server.dispatcher,
      });
      const text = await readErrorText(ignoreErrors(body), timeoutMs, controller);
      isAbsent ||= absentStatuses.has(statusCode);
      const tokens = statusCode === 200 ? counter?.readCount(asFields(tryParseJson(text)) ?? {}) : undefined;
      return typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : undefined;
    } catch {
      return undefined;
    } finally {
      controller.dispose();
    }
  }
  return (target) => (call, signal) => (isAbsent ? Promise.resolve(undefined) : count(target, call, signal));
}

interface CapturedRequest {
  readonly url: string;
  readonly init: RequestInit;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Returns the request that the package would send for the call. */
async function captureRequest(
  { api, baseUrl }: ProviderServer,
  target: Target,
  call: ModelCall,
): Promise<CapturedRequest | undefined> {
  let captured: CapturedRequest | undefined;
  const capture: typeof fetch = (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    captured = { url, init, body: asFields(tryParseJson(asText(init.body))) ?? {} };
    return Promise.reject(new Error("the request is only measured"));
  };
  try {
    const baseURL = `${baseUrl.origin}${baseUrl.pathname}`;
    const model = await api.loadModel({ baseURL, fetch: capture }, target.modelId);
    await model.doStream(toCallOptions(api, target, call));
  } catch {
    // The package reports the rejection of `capture`, or a call that the API does not support.
  }
  return captured;
}
