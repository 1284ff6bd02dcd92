/** Checks which keys a model provider's `api` requires and which have no effect with it. */
import { getAt, isPlainObject, listObjects, type Path, type Report } from "./tree.ts";

const completionsApi = "openai-completions";
/** Keys that only apply to a server. */
const serverModelKeys = ["baseUrl", "apiKey", "headers", "timeouts"];
/** Keys that only apply to a model file. */
const modelFileKeys = ["path", "gpu"];

export function checkProviders(tree: unknown, report: Report): void {
  for (const [name, provider] of listObjects(getAt(tree, "models", "providers"))) {
    const path: Path = ["models", "providers", name];
    const api = provider["api"] ?? completionsApi;
    const isModelFile = api === "llama";

    function rejectKey(key: string, reason: string): void {
      if (provider[key] !== undefined) report([...path, key], reason);
    }
    if (isModelFile)
      for (const key of serverModelKeys) rejectKey(key, 'has no effect with api "llama": there is no server');
    if (api !== completionsApi) rejectKey("compat", `is for api "${completionsApi}" only`);
    if (api === completionsApi && provider["baseUrl"] === undefined) {
      report([...path, "baseUrl"], `is required for api "${completionsApi}"`);
    }

    for (const [index, model] of listObjects(provider["models"])) {
      const modelPath = [...path, "models", index];
      if (isModelFile && model["path"] === undefined)
        report([...modelPath, "path"], "is required: the GGUF file");
      for (const key of isModelFile ? [] : modelFileKeys) {
        if (model[key] !== undefined) report([...modelPath, key], 'is for api "llama" only');
      }
      const ownApi = model["api"] ?? api;
      if ((ownApi === "llama") !== isModelFile) {
        report([...modelPath, "api"], `cannot be beside ${JSON.stringify(api)}; add another provider for it`);
      }
      if (isModelFile) {
        if (model["baseUrl"] !== undefined)
          report([...modelPath, "baseUrl"], 'has no effect with api "llama": there is no server');
      } else if (ownApi === completionsApi && (model["baseUrl"] ?? provider["baseUrl"]) === undefined) {
        report([...path, "baseUrl"], `is required for api "${completionsApi}"`);
      }
      const compat = model["compat"];
      if (isPlainObject(compat) && Object.keys(compat).length > 0 && ownApi !== completionsApi)
        report([...modelPath, "compat"], `is for api "${completionsApi}" only`);
    }
  }
}

/** Returns a provider's model ids if the file lists all of them, else undefined. */
export function listProviderModels(tree: unknown, provider: string): readonly string[] | undefined {
  const settings = getAt(tree, "models", "providers", provider);
  if (getAt(settings, "api") !== "llama") return undefined;
  return listObjects(getAt(settings, "models")).flatMap(([, { id }]) => (typeof id === "string" ? [id] : []));
}
