/** Keys of a model provider that its kind of API needs, and those that mean nothing to it. */
import { at, tables, type Path, type Report } from "./tree.ts";

const completions = "openai-completions";
/** Of a server; a model file has none. */
const serverKeys = ["baseUrl", "apiKey", "headers", "timeouts"];
/** Of a model file. */
const fileKeys = ["path", "gpu"];

export function checkProviders(tree: unknown, report: Report): void {
  for (const [name, provider] of tables(at(tree, "models", "providers"))) {
    const path: Path = ["models", "providers", name];
    const api = provider["api"] ?? completions;
    const isFile = api === "llama";

    function refuse(key: string, reason: string): void {
      if (provider[key] !== undefined) report([...path, key], reason);
    }
    if (isFile)
      for (const key of serverKeys) refuse(key, 'means nothing with api "llama": no server is asked');
    if (api !== completions) refuse("compat", `is for api "${completions}" only`);
    if (api === completions && provider["baseUrl"] === undefined) {
      report([...path, "baseUrl"], `is required for api "${completions}"`);
    }

    for (const [index, model] of tables(provider["models"])) {
      const here = [...path, "models", index];
      if (isFile && model["path"] === undefined) report([...here, "path"], "is required: the GGUF file");
      for (const key of isFile ? [] : fileKeys) {
        if (model[key] !== undefined) report([...here, key], 'is for api "llama" only');
      }
      if (model["api"] !== undefined && model["api"] !== api) {
        report(
          [...here, "api"],
          `must be ${JSON.stringify(api)}, as its provider's; make another provider of it`,
        );
      }
    }
  }
}

/** The models of a provider, where there are no others than those that the file lists. */
export function listedModels(tree: unknown, provider: string): readonly string[] | undefined {
  const place = at(tree, "models", "providers", provider);
  if (at(place, "api") !== "llama") return undefined;
  return tables(at(place, "models")).flatMap(([, { id }]) => (typeof id === "string" ? [id] : []));
}
