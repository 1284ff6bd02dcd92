/** The configured models by reference: `<provider>/<id>`, split at the first slash. */
import type { Config } from "../../../contracts/config/config.ts";
import { isSameConfig } from "../../lib/compare-config.ts";
import type { Model, ModelStream, NamedModel } from "../types.ts";
import { createModelFactory, type ModelFactory } from "./configured-provider.ts";
import { getBuiltinModel } from "./builtin/builtin-model.ts";
import { toModel } from "./model-stream.ts";

export interface ModelCatalog {
  /** A catalogue of other providers. Providers with the same settings stay as they are, with their loaded models. */
  readonly replace?: (models: Config["models"]) => ModelCatalog;
  /** Throws for an unknown reference: the configuration is validated, so that is a bug. */
  readonly get: (ref: string) => NamedModel;
  /** Undefined for a reference whose provider is not configured. */
  readonly find: (ref: string) => NamedModel | undefined;
}

type Provider = Config["models"]["providers"][string];
export function createModelCatalog({ providers }: Config["models"]): ModelCatalog {
  return createCatalog(
    new Map(
      Object.entries(providers).map(([name, provider]) => [name, createConfiguredProvider(name, provider)]),
    ),
  );
}

interface ConfiguredProvider {
  readonly settings: Provider;
  readonly createModel: ModelFactory;
}

const createConfiguredProvider = (name: string, settings: Provider): ConfiguredProvider => ({
  settings,
  createModel: createModelFactory(name, settings),
});

function createCatalog(configured: ReadonlyMap<string, ConfiguredProvider>): ModelCatalog {
  const factories = new Map<string, ModelFactory>([
    ["builtin", (id) => toFactoryResult(toOptionalModel(getBuiltinModel(id)))],
    ...[...configured].map(([name, { createModel }]) => [name, createModel] as const),
  ]);
  const find = (ref: string): NamedModel | undefined => {
    const slash = ref.indexOf("/");
    const id = ref.slice(slash + 1);
    const model = id === "" ? undefined : factories.get(ref.slice(0, slash))?.(id);
    return model && { ref, ...model };
  };
  return {
    replace: ({ providers }) =>
      createCatalog(
        new Map(
          Object.entries(providers).map(([name, settings]) => {
            const existing = configured.get(name);
            const isSame = existing !== undefined && isSameConfig(existing.settings, settings);
            return [name, isSame ? existing : createConfiguredProvider(name, settings)];
          }),
        ),
      ),
    find,
    get: (ref) => {
      const model = find(ref);
      if (model === undefined) throw new Error(`no model ${ref}`);
      return model;
    },
  };
}

const toOptionalModel = (stream: ModelStream | undefined): Model | undefined => stream && toModel(stream);

const toFactoryResult = (call: Model | undefined): ReturnType<ModelFactory> => call && { call };
