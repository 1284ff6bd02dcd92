/** The one table of rights: what an operation needs, over HTTP and on the socket alike, and which scopes give it. */

/** What a credential carries, or a connection has been granted. Of the first three each includes those before it. */
export const scopes = ["operator.read", "operator.write", "operator.admin", "run", "tools"] as const;

export type Scope = (typeof scopes)[number];

/** The least scopes that give a right: any of them. The one that clients are told to ask for stands first. */
export const scopesFor = {
  /** To look at what is stored, and at the gateway. */
  read: ["operator.read"],
  /** To look at what runs need and lead to: agents, models, one's own runs and responses. */
  follow: ["operator.read", "run"],
  /** To have an agent or a model work, and to stop it. */
  run: ["operator.write", "run"],
  /** To have a tool work. */
  tools: ["operator.write", "tools"],
  /** To change what is stored. */
  write: ["operator.write"],
  /** To keep the gateway itself. */
  admin: ["operator.admin"],
} as const satisfies Readonly<Record<string, readonly [Scope, ...Scope[]]>>;

export type Right = keyof typeof scopesFor;

const rights = Object.keys(scopesFor) as readonly Right[];
const ladder: readonly Scope[] = ["operator.read", "operator.write", "operator.admin"];

export function allows(granted: readonly Scope[], right: Right): boolean {
  return scopesFor[right].some((needed) =>
    granted.some(
      (scope) =>
        scope === needed || (ladder.includes(needed) && ladder.indexOf(scope) > ladder.indexOf(needed)),
    ),
  );
}

/** Whether everything that the scope gives is given already. */
export function covers(granted: readonly Scope[], scope: Scope): boolean {
  return rights.every((right) => !allows([scope], right) || allows(granted, right));
}

/** Operations that only look are served while the gateway stops, too. */
export function onlyLooks(right: Right): boolean {
  return right === "read" || right === "follow";
}
