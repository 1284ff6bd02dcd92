/** The model providers that need no block in the configuration: their addresses, APIs and key variables. */
import data from "./known-providers.json" with { type: "json" };

export interface KnownProvider {
  readonly id: string;
  readonly aliases?: readonly string[];
  /** Why the gateway cannot use it, and what to use instead. Then there is no `api`. */
  readonly unsupported?: string;
  readonly api?: string;
  /** Undefined if it is the operator's own: then the file must have it. */
  readonly baseUrl?: string;
  /** Environment variables with the key. The first that is set is used. */
  readonly env?: readonly string[];
  /** The server also answers without a key. */
  readonly isKeyOptional?: boolean;
  readonly compat?: Readonly<Record<string, unknown>>;
  /** Examples, without the prefix of the provider. Names of models are never checked. */
  readonly models?: readonly string[];
  /** Markdown. */
  readonly note?: string;
}

export const knownProviders: readonly KnownProvider[] = data;

/** Returns the provider with this id or alias. */
export function findKnownProvider(name: string): KnownProvider | undefined {
  return knownProviders.find(({ id, aliases = [] }) => id === name || aliases.includes(name));
}

interface ConfiguredProvider {
  readonly baseUrl?: string | undefined;
  readonly apiKey?: unknown;
  readonly headers?: unknown;
}

/** Returns what to set if calls of the provider would fail without a key. An operator's own server may need none. */
export function describeMissingKey(
  name: string,
  { baseUrl, apiKey, headers }: ConfiguredProvider,
): string | undefined {
  const known = findKnownProvider(name);
  const [variable] = known?.env ?? [];
  if (variable === undefined || known?.isKeyOptional === true || apiKey !== undefined) return undefined;
  const hasHeaders = Object.keys(Object(headers)).length > 0;
  const isKnownServer =
    baseUrl === undefined || URL.parse(baseUrl)?.host === URL.parse(known?.baseUrl ?? "")?.host;
  if (hasHeaders || !isKnownServer) return undefined;
  return `provider ${JSON.stringify(name)} needs a key: set ${variable} or models.providers.${name}.apiKey`;
}
