/** Permissions of every set of scopes: each endpoint and each method is called with each set. */
import { expect, test } from "vitest";
import type { z } from "zod";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { endpoints, events, methods } from "../../contracts/index.ts";
import {
  hasPermission,
  includesScope,
  scopes,
  type Permission,
  type Scope,
} from "../../contracts/permissions.ts";
import type { HelloOk } from "../../contracts/socket/connect.ts";
import type { Method, SocketEvent } from "../../contracts/socket/method.ts";
import { allEndpoints, startTestGateway } from "../support/gateway/gateway.ts";
import { connectWithSecret, createKey, request } from "../support/gateway/keys.ts";

/** The table of permissions, indexed by scope. */
const permissionsOf: Readonly<Record<Scope, readonly Permission[]>> = {
  "operator.read": ["read", "follow", "metrics"],
  "operator.write": ["read", "follow", "metrics", "run", "tools", "write"],
  "operator.admin": ["read", "follow", "metrics", "run", "tools", "write", "admin"],
  run: ["run", "follow"],
  tools: ["tools"],
  metrics: ["metrics"],
  "operator.config": ["config"],
};
const permissions: readonly Permission[] = [...permissionsOf["operator.admin"], "config"];

/** The scope that the error for a missing permission names. */
const firstScope: Readonly<Record<Permission, Scope>> = {
  read: "operator.read",
  follow: "operator.read",
  metrics: "operator.read",
  run: "operator.write",
  tools: "operator.write",
  write: "operator.write",
  admin: "operator.admin",
  config: "operator.config",
};

/** Every set of scopes except the empty one. */
const scopeSets = Array.from({ length: 2 ** scopes.length - 1 }, (_, at) =>
  scopes.filter((_scope, bit) => ((at + 1) >> bit) & 1),
);
const isAllowed = (set: readonly Scope[], permission: Permission): boolean =>
  set.some((scope) => permissionsOf[scope].includes(permission));

const allOn = {
  gateway: { http: { endpoints: allEndpoints, metrics: { enabled: true } } },
};

test("the permissions of a set of scopes are those of its scopes together", () => {
  for (const set of [[], ...scopeSets]) {
    for (const permission of permissions)
      expect([set, permission, hasPermission(set, permission)]).toEqual([
        set,
        permission,
        isAllowed(set, permission),
      ]);
    for (const scope of scopes) {
      const all = permissionsOf[scope].every((permission) => isAllowed(set, permission));
      expect([set, scope, includesScope(set, scope)]).toEqual([set, scope, all]);
    }
  }
});

test("a key may call the endpoints of its scopes, and the errors of others name the missing scope", async () => {
  const gateway = await startTestGateway({ config: allOn });
  const protectedRequests = Object.values<Endpoint>(endpoints).flatMap(
    ({ auth, credential, method, path, body }) =>
      auth === "public" || auth === "optional" || credential !== undefined
        ? []
        : [{ auth, method, path: path.replaceAll(/\{\w+\}/g, "none"), body }],
  );
  for (const [at, set] of scopeSets.entries()) {
    const secret = await createKey(gateway, `key-${at}`, { scopes: set });
    const statuses = await Promise.all(
      protectedRequests.map(async ({ method, path, body }) => {
        const response = await request(gateway, path, {
          secret,
          method: method.toUpperCase(),
          ...(body && { body: {} }),
        });
        const text = await response.text();
        if (response.status === 403) expect(text).toContain('"missing_scope"');
        else expect(response.status).not.toBe(401);
        return [method, path, response.status !== 403];
      }),
    );
    expect([set, statuses]).toEqual([
      set,
      protectedRequests.map(({ auth, method, path }) => [method, path, isAllowed(set, auth)]),
    ]);
  }
});

test("the message of a 403 names the missing scope and its alternatives", async () => {
  const gateway = await startTestGateway();
  const secret = await createKey(gateway, "tool-user", { scopes: ["tools"] });
  const response = await request(gateway, "/v1/chat/completions", { secret, body: {} });
  expect(response.status).toBe(403);
  expect(await response.json()).toEqual({
    error: {
      message: "missing scope: operator.write. This operation needs operator.write or run.",
      type: "permission_error",
      param: null,
      code: "missing_scope",
    },
  });
});

test("over WebSocket a key may call the methods of its scopes, whatever it requests", async () => {
  const gateway = await startTestGateway();
  const all = Object.values<Method>(methods);
  for (const [at, set] of scopeSets.entries()) {
    const secret = await createKey(gateway, `key-${at}`, { scopes: set });
    const socket = await connectWithSecret(gateway, secret, { scopes: ["operator.admin", ...scopes] });
    const statuses = await Promise.all(
      all.map(async ({ method, auth }) => {
        const { error } = await socket.call(method, {});
        if (error?.code !== "FORBIDDEN") return [method, true];
        const scope = firstScope[auth];
        const details = { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] };
        expect([method, error.details]).toEqual([method, details]);
        return [method, false];
      }),
    );
    expect([set, statuses]).toEqual([set, all.map(({ method, auth }) => [method, isAllowed(set, auth)])]);
    socket.ws.close();
  }
});

test.each([
  [["operator.write"], undefined, ["operator.read", "operator.write"]],
  [["operator.write"], ["operator.read"], ["operator.read"]],
  [["operator.write"], ["operator.admin"], ["operator.write"]],
  [["operator.write"], [], []],
  [["operator.read"], undefined, ["operator.read"]],
  [["operator.admin"], undefined, ["operator.read", "operator.write"]],
  [["operator.admin"], ["operator.admin"], ["operator.admin"]],
  [["run"], undefined, ["run"]],
  [["run"], ["operator.read", "operator.write", "operator.admin"], ["run"]],
  [["run", "tools"], ["tools"], ["tools"]],
  [["tools"], ["operator.read"], []],
])("with a key of scopes %j a connection that requests %j gets %j", async (held, asked, granted) => {
  const gateway = await startTestGateway();
  const secret = await createKey(gateway, "k", { scopes: held });
  const socket = await connectWithSecret(gateway, secret, asked === undefined ? {} : { scopes: asked });
  const hello = socket.frames.find(({ type }) => type === "res")?.payload;
  expect(hello).toMatchObject({ auth: { scopes: granted } });
});

test("events need read permission, and events of runs need run permission", () => {
  const eventPermissions = Object.values<SocketEvent>(events).map(({ event, auth }) => [
    event,
    auth ?? "everybody",
  ]);
  expect(Object.fromEntries(eventPermissions)).toEqual({
    tick: "everybody",
    presence: "read",
    health: "read",
    agent: "follow",
    chat: "follow",
    "sessions.changed": "read",
    shutdown: "everybody",
  });
});

test("hello lists agents, sessions and connections only with read permission", async () => {
  const gateway = await startTestGateway();
  const secret = await createKey(gateway, "ada");
  await (
    await connectWithSecret(gateway, secret)
  ).request("agent", { message: "say hi", idempotencyKey: "1" });
  const snapshot = async (scopes: readonly Scope[]): Promise<unknown> => {
    const { frames } = await connectWithSecret(gateway, secret, { scopes });
    const { payload } = frames.find(({ type }) => type === "res") ?? {};
    const { presence, health } = (payload as z.output<typeof HelloOk>).snapshot;
    return [presence.length, health.agents.length, health.sessions.count];
  };
  expect(await snapshot(["run", "tools"])).toEqual([1, 0, 0]);
  expect(await snapshot([])).toEqual([1, 0, 0]);
  expect(await snapshot(["operator.read"])).toEqual([4, 1, 1]);
});

test("a key with only the run scope receives the events of its run", async () => {
  const gateway = await startTestGateway();
  const socket = await connectWithSecret(gateway, await createKey(gateway, "runner", { scopes: ["run"] }));
  await socket.call("agent", { message: "say hi", idempotencyKey: "r1" });
  await socket.waitForFrame(
    ({ event, payload }) => event === "chat" && (payload as { state: string }).state === "final",
  );
});
