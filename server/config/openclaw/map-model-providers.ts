/** `models.providers` of OpenClaw: APIs that are another one here, and settings of calls. */
import { ensureDraft, getDraft, take, type Draft } from "../draft.ts";
import { getAt, isPlainObject, listObjects, type Path } from "../tree.ts";
import type { MappingReports } from "./map-keys.ts";

const servedApis =
  'use "openai-completions", "openai-responses", "anthropic-messages", "google-generative-ai" or "llama"';
const unservedApis: ReadonlySet<unknown> = new Set([
  "bedrock-converse-stream",
  "github-copilot",
  "google-vertex",
  "openai-chatgpt-responses",
  "openai-codex-responses",
  "pi-messages",
]);

export function mapModelProviders(tree: unknown, { report }: Pick<MappingReports, "report">): void {
  for (const [name] of listObjects(getAt(tree, "models", "providers"))) {
    const path: Path = ["models", "providers", name];
    const provider = getDraft(tree, ...path);
    if (provider === undefined) continue;
    mapApi(provider, path, report);
    mapTimeout(provider);
    mapRequest(provider);
    for (const [index] of listObjects(provider["models"])) {
      const model = getDraft(provider, "models", index);
      if (model === undefined) continue;
      mapApi(model, [...path, "models", index], report);
    }
  }
}

/** A model can have an API and an address of its own, so this is for both. */
function mapApi(target: Draft, path: Path, report: MappingReports["report"]): void {
  const { api, baseUrl } = target;
  if (api === "ollama") {
    target["api"] = "openai-completions";
    if (typeof baseUrl === "string")
      target["baseUrl"] = baseUrl.replace(/^([a-z]+:\/\/[^/?#]+)\/?$/i, "$1/v1");
  } else if (api === "azure-openai-responses") {
    if (typeof baseUrl === "string" && /\/openai\/v1\/?$/.test(baseUrl)) {
      target["api"] = "openai-responses";
      const key = take(target, "apiKey");
      if (key !== undefined) (ensureDraft(target, "headers") ?? {})["api-key"] ??= key;
    } else {
      report(
        [...path, "api"],
        `"${api}" is not supported: use "openai-responses" with a baseUrl that ends in /openai/v1`,
      );
      take(target, "api");
    }
  } else if (unservedApis.has(api)) {
    report([...path, "api"], `${JSON.stringify(api)} is not supported: ${servedApis}`);
    take(target, "api");
  }
}

function mapTimeout(provider: Draft): void {
  const seconds = take(provider, "timeoutSeconds");
  if (typeof seconds !== "number") return;
  const timeouts = ensureDraft(provider, "timeouts");
  if (timeouts === undefined) return;
  timeouts["firstByteMs"] ??= seconds * 1_000;
  timeouts["silenceMs"] ??= seconds * 1_000;
}

/** `request.proxy` and `request.tls` stay, and are refused. */
function mapRequest(provider: Draft): void {
  const request = getDraft(provider, "request");
  if (request === undefined) return;
  const headers = take(request, "headers");
  if (isPlainObject(headers)) Object.assign(ensureDraft(provider, "headers") ?? {}, headers);
  const auth = take(request, "auth");
  const mode = getAt(auth, "mode");
  if (mode === "authorization-bearer") {
    provider["apiKey"] = getAt(auth, "token");
    provider["authHeader"] = true;
  } else if (mode === "header") {
    const [name, value, prefix = ""] = ["headerName", "value", "prefix"].map((key) => getAt(auth, key));
    const text = typeof value === "string" ? `${String(prefix)}${value}` : value;
    (ensureDraft(provider, "headers") ?? {})[String(name)] = text;
  }
}
