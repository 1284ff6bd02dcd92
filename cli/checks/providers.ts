/** The configured model providers: where their keys come from, and whether they respond. */
import type { Config } from "../../contracts/config/config.ts";
import { findKnownProvider } from "../../contracts/config/known-providers.ts";
import { reveal } from "../../contracts/config/secret.ts";

export interface ProviderReport {
  readonly id: string;
  readonly api: string;
  readonly host: string;
  /** Where the key comes from; undefined without one. */
  readonly key: string | undefined;
  /** Whether an agent has a model of it. */
  readonly isInUse: boolean;
  /** Whether it cannot be called without a key, and has none. */
  readonly lacksKey: boolean;
}

export interface ProbeResult {
  readonly ok: boolean;
  readonly detail: string;
}

const timeoutMs = 8_000;

/** Lists the models of every agent by reference, without duplicates. */
export function listModels({ agents }: Config): readonly string[] {
  const choices = [agents.defaults.model, ...agents.list.flatMap(({ model }) => model ?? [])];
  return [
    ...new Set(
      choices.flatMap((choice) =>
        typeof choice === "string" ? [choice] : [choice.primary, ...(choice.fallbacks ?? [])],
      ),
    ),
  ];
}

export function listProviders(config: Config, env: NodeJS.ProcessEnv): readonly ProviderReport[] {
  const used = new Set(listModels(config).map((ref) => ref.split("/")[0]));
  return Object.entries(config.models.providers).map(([id, provider]) => {
    const { api, baseUrl, apiKey } = provider;
    const known = findKnownProvider(id);
    const variable = known?.env?.find((name) => Boolean(env[name]));
    const hasHeaders = Object.keys(Object(provider.headers)).length > 0;
    return {
      id,
      api,
      host: URL.parse(baseUrl ?? "")?.host ?? "in this process",
      key:
        apiKey === undefined
          ? undefined
          : variable !== undefined && env[variable] === reveal(apiKey)
            ? variable
            : "the configuration",
      isInUse: used.has(id),
      lacksKey:
        apiKey === undefined && !hasHeaders && known?.env !== undefined && known.isKeyOptional !== true,
    };
  });
}

/** Asks a provider for its models, which costs nothing. */
export async function probeProvider(config: Config, id: string): Promise<ProbeResult> {
  const provider = config.models.providers[id];
  if (provider?.baseUrl === undefined) return { ok: true, detail: "runs in this process" };
  const { baseUrl, api, apiKey } = provider;
  const key = apiKey === undefined ? undefined : reveal(apiKey);
  try {
    const url = `${baseUrl.replace(/\/+$/, "")}/models`;
    const response = await fetch(url, {
      headers: toHeaders(api, key),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (response.ok) return { ok: true, detail: "responds" };
    if (response.status === 401 || response.status === 403) {
      return { ok: false, detail: `rejects the key (${response.status})` };
    }
    // Some servers have no list of models.
    return response.status === 404 || response.status === 405
      ? { ok: true, detail: "responds, without a list of models" }
      : { ok: false, detail: `fails with ${response.status}` };
  } catch (error) {
    const { message, cause } = error as Error;
    return { ok: false, detail: `does not respond: ${cause instanceof Error ? cause.message : message}` };
  }
}

function toHeaders(api: string, key: string | undefined): Record<string, string> {
  if (key === undefined) return {};
  if (api === "anthropic-messages") return { "x-api-key": key, "anthropic-version": "2023-06-01" };
  if (api === "google-generative-ai") return { "x-goog-api-key": key };
  return { authorization: `Bearer ${key}` };
}
