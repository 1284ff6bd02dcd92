/** Completes model providers that are known: an id needs no block, and a block only what differs. */
import {
  describeMissingKey,
  findKnownProvider,
  knownProviders,
  type KnownProvider,
} from "../../contracts/config/known-providers.ts";
import { ensureDraft, type Draft } from "./draft.ts";
import { listModelRefs } from "./model-refs.ts";
import { getAt, isPlainObject, type Report } from "./tree.ts";

/** Of a block without `api`. */
const defaultApi = "openai-completions";

interface CompletionOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Reports something that the operator should know. */
  readonly warn: Report;
}

/** Changes `models.providers` of the tree: those of the file, those that agents use, and those whose key is set. */
export function completeKnownProviders(tree: unknown, { env, warn }: CompletionOptions): void {
  const configured = getAt(tree, "models", "providers");
  // The first place counts: an agent's primary model comes before its fallbacks.
  const used = new Map(
    listModelRefs(tree)
      .toReversed()
      .map(({ provider, path }) => [provider, path] as const),
  );
  const withKey = knownProviders.filter((known) => findKey(known, env) !== undefined).map(({ id }) => id);
  const names = new Set([
    ...Object.keys(isPlainObject(configured) ? configured : {}),
    ...used.keys(),
    ...withKey,
  ]);
  for (const name of names) {
    const known = findKnownProvider(name);
    const isInFile = getAt(configured, name) !== undefined;
    if (known === undefined) continue;
    // Without an address, a block in the file is incomplete: the schema's checks say what is missing.
    if (!isInFile && (known.api === undefined || known.baseUrl === undefined)) continue;
    const provider = ensureDraft(tree, "models", "providers", name);
    if (provider === undefined) continue;
    const path = ["models", "providers", name];
    if (isOfUnknownApi(provider, known)) {
      if (known.api !== undefined && known.api !== defaultApi)
        warn(
          [...path, "api"],
          `is "${defaultApi}", because there is a baseUrl and no api; ${known.id} itself has "${known.api}"`,
        );
    } else {
      complete(provider, known);
    }
    const key = findKey(known, env);
    if (provider["apiKey"] === undefined && key !== undefined) provider["apiKey"] = key.value;
    const missingKey = describeMissingKey(name, provider);
    if (missingKey !== undefined) warn(used.get(name) ?? path, missingKey);
  }
}

function findKey(
  { api, env: names = [] }: KnownProvider,
  env: NodeJS.ProcessEnv,
): { value: string } | undefined {
  const value = api === undefined ? undefined : names.map((name) => env[name]).find(Boolean);
  return value === undefined ? undefined : { value };
}

/** Whether the block has an address that may speak another API. OpenAI's host speaks both of its own. */
function isOfUnknownApi({ api, baseUrl }: Draft, known: KnownProvider): boolean {
  if (api !== undefined || typeof baseUrl !== "string") return false;
  const isOwnHost = URL.parse(baseUrl)?.host === URL.parse(known.baseUrl ?? "")?.host;
  return !isOwnHost || known.api === "openai-responses";
}

/** What the file says wins, key by key. */
function complete(provider: Draft, { api, baseUrl, compat }: KnownProvider): void {
  if (api !== undefined) provider["api"] ??= api;
  if (baseUrl !== undefined && provider["api"] !== "llama") provider["baseUrl"] ??= baseUrl;
  const own = provider["compat"] ?? {};
  if (compat !== undefined && provider["api"] === "openai-completions" && isPlainObject(own)) {
    provider["compat"] = { ...compat, ...own };
  }
}
