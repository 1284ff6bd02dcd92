/** OpenClaw's keys that this gateway lacks: what each does there, and what happens here. The data is of one release. */
import data from "./keys-2026.9.6.json" with { type: "json" };

export interface OpenClawKey {
  /** Path segments. `*` matches any one segment. */
  readonly pattern: readonly string[];
  readonly there: string;
  readonly here: string;
}

export interface IgnoredKeyRule extends OpenClawKey {
  /** Only values of this type are ignored: this gateway gives the others a meaning. */
  readonly only?: string | undefined;
}

export interface RefusedKey extends OpenClawKey {
  /** Only these values are errors. */
  readonly only?: readonly unknown[] | undefined;
  /** All other values are errors. */
  readonly except?: readonly unknown[] | undefined;
}

const agents = ["agents.list.*", "agents.entries.*"];

/** Names in the data for places that have the same keys. */
const places: Readonly<Record<string, readonly string[]>> = {
  "<agent>": ["agents.defaults", ...agents],
  "<tools>": ["tools", ...agents.map((agent) => `${agent}.tools`)],
  "<agentTools>": agents.map((agent) => `${agent}.tools`),
  "<models>": [
    ...["agents.defaults", ...agents].map((agent) => `${agent}.models.*`),
    "models.providers.*",
    "models.providers.*.models.*",
  ],
};

/** Objects that exist there only. They are dropped when none of their keys is left. */
export const containers: readonly (readonly string[])[] = data.containers
  .split(" ")
  .map((key) => key.split("."));

/** Tools and groups that this gateway lacks. Those that both have are not in the list. */
export const foreignTools: readonly string[] = data.tools.split(" ");

/** Keys that have no effect here. They are dropped with a warning. */
export const ignoredKeys: readonly IgnoredKeyRule[] = data.ignored.flatMap(({ keys, ...texts }) =>
  keys.split(" ").flatMap((key) => expand(key).map((pattern) => ({ pattern, ...texts }))),
);

/** Keys that are errors: they restrict agents, or select a feature that this gateway lacks. */
export const refusedKeys: readonly RefusedKey[] = data.refused.flatMap(({ key, instead, ...rule }) =>
  expand(key).map((pattern) => ({ pattern, here: instead, ...rule })),
);

function expand(key: string): readonly (readonly string[])[] {
  const [first = "", ...rest] = key.split(".");
  return (places[first] ?? [first]).map((place) => [...place.split("."), ...rest]);
}
