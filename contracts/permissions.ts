/** The table of permissions: the scopes that grant each permission, for HTTP and WebSocket. */

/** The scopes of a credential or a connection. Of the first three, each includes the ones before it. */
export const scopes = [
  "operator.read",
  "operator.write",
  "operator.admin",
  "run",
  "tools",
  "metrics",
  "operator.config",
] as const;

export type Scope = (typeof scopes)[number];

/** The smallest scopes that grant a permission; any one is enough. Error messages name the first. */
export const scopesFor = {
  /** Read stored data and the gateway's state. */
  read: ["operator.read"],
  /** Read what runs need and produce: agents, models, the caller's own runs and responses. */
  follow: ["operator.read", "run"],
  /** Run an agent or a model, and abort it. */
  run: ["operator.write", "run"],
  /** Run a tool. */
  tools: ["operator.write", "tools"],
  /** Read the metrics. */
  metrics: ["operator.read", "metrics"],
  /** Change stored data. */
  write: ["operator.write"],
  /** Administer the gateway. */
  admin: ["operator.admin"],
  /** Change the configuration file. `operator.admin` does not include it: a configuration decides what programs run. */
  config: ["operator.config"],
} as const satisfies Readonly<Record<string, readonly [Scope, ...Scope[]]>>;

export type Permission = keyof typeof scopesFor;

const permissions = Object.keys(scopesFor) as readonly Permission[];
const operatorScopes: readonly Scope[] = ["operator.read", "operator.write", "operator.admin"];

export function hasPermission(granted: readonly Scope[], permission: Permission): boolean {
  return scopesFor[permission].some((needed) =>
    granted.some(
      (scope) =>
        scope === needed ||
        (operatorScopes.includes(needed) && operatorScopes.indexOf(scope) > operatorScopes.indexOf(needed)),
    ),
  );
}

/** Whether `granted` already includes every permission of `scope`. */
export function includesScope(granted: readonly Scope[], scope: Scope): boolean {
  return permissions.every(
    (permission) => !hasPermission([scope], permission) || hasPermission(granted, permission),
  );
}

/** Returns the requested scopes that are granted. A requested scope that is granted in part gives the scopes of that part. */
export function intersectScopes(requested: readonly string[], granted: readonly Scope[]): Scope[] {
  const known = scopes.filter((scope) => requested.includes(scope));
  return scopes.filter((scope) =>
    known.includes(scope)
      ? includesScope(granted, scope)
      : granted.includes(scope) && includesScope(known, scope),
  );
}

/** Whether the permission only reads. Such operations are served while the gateway stops. */
export function isReadOnly(permission: string): boolean {
  return permission === "read" || permission === "follow" || permission === "metrics";
}
