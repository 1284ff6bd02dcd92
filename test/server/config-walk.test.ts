/** Every setting of the configuration: a change is applied, or named as one that needs a restart. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createInlineConfigSchema, type ConfigSchemaNode } from "../../contracts/config/json-schema.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { hookToken } from "../support/gateway/hooks.ts";
import { callAsOperator } from "../support/gateway/keys.ts";

interface Setting {
  readonly name: string;
  readonly node: ConfigSchemaNode & { readonly minimum?: number; readonly maximum?: number };
}

function listSettings(node: ConfigSchemaNode, name = ""): readonly Setting[] {
  if (node.properties === undefined) return [{ name, node }];
  return Object.entries(node.properties).flatMap(([key, child]) =>
    listSettings(child, name === "" ? key : `${name}.${key}`),
  );
}

/** What these settings are compared with, for instance because one is required with another. */
const certificate = { certPath: import.meta.filename, keyPath: import.meta.filename };
const bases: Readonly<Record<string, object>> = {
  "gateway.tls.enabled": { gateway: { tls: { ...certificate, enabled: false } } },
  "gateway.tls.autoGenerate": { gateway: { tls: certificate } },
  "gateway.tls.certPath": { gateway: { tls: certificate } },
  "gateway.tls.keyPath": { gateway: { tls: certificate } },
  "gateway.auth.mode": { gateway: { auth: { password: "a-password-0123456789" } } },
  ...Object.fromEntries(
    ["userHeader", "requiredHeaders", "allowUsers", "allowLoopback"].map((name) => [
      `gateway.auth.trustedProxy.${name}`,
      { gateway: { auth: { trustedProxy: { userHeader: "x-forwarded-user" } } } },
    ]),
  ),
  ...Object.fromEntries(
    [
      "issuer",
      "audience",
      "jwksUri",
      "algorithms",
      "principalClaim",
      "scopesClaim",
      "agentsClaim",
      "clockToleranceSeconds",
    ].map((name) => [
      `gateway.auth.jwt.${name}`,
      {
        gateway: {
          auth: {
            jwt: {
              issuer: "https://issuer.test",
              audience: "agents",
              jwksUri: "https://issuer.test/jwks.json",
            },
          },
        },
      },
    ]),
  ),
  "session.reset.mode": { session: { reset: { mode: "daily" } } },
  "session.reset.atHour": { session: { reset: { mode: "daily" } } },
  "session.reset.idleMinutes": { session: { reset: { mode: "daily" } } },
};

/** Values for settings whose schema says too little to invent one. */
const values: Readonly<Record<string, unknown>> = {
  $schema: "./openclaw.schema.json",
  "gateway.workers": 2,
  "gateway.bind": "lan",
  "gateway.customBindHost": "127.0.0.2",
  "gateway.auth.mode": "password",
  "gateway.auth.token": "token-0123456789-0123456789",
  "gateway.auth.password": "password-0123456789",
  "gateway.auth.trustedProxy.userHeader": "x-user",
  "gateway.auth.trustedProxy.requiredHeaders": ["x-verified"],
  "gateway.auth.trustedProxy.allowUsers": ["ada"],
  "gateway.auth.identityScopes": { ada: ["operator.admin"] },
  "gateway.auth.jwt.issuer": "https://other.test",
  "gateway.auth.jwt.audience": "others",
  "gateway.auth.jwt.jwksUri": "https://other.test/jwks.json",
  "gateway.auth.jwt.algorithms": ["ES256"],
  "gateway.auth.jwt.scopesClaim": "scope",
  "gateway.auth.jwt.agentsClaim": "agents",
  "gateway.auth.jwt.principalClaim": "email",
  "gateway.tls.autoGenerate": true,
  "gateway.http.securityHeaders.strictTransportSecurity": "max-age=300",
  "gateway.trustedProxies": ["10.0.0.0/8"],
  "gateway.http.cors.allowedOrigins": ["https://app.example.com"],
  "gateway.http.modelAliases": { "gpt-4o": "openclaw" },
  "gateway.tls.enabled": true,
  "gateway.tls.certPath": join(import.meta.dirname, "reload.test.ts"),
  "gateway.tls.keyPath": join(import.meta.dirname, "reload.test.ts"),
  "gateway.controlUi.basePath": "/page",
  "gateway.webhooks": [
    { url: "https://app.test/webhooks", secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" },
  ],
  "gateway.encryptionKey": "encryption-key-0123456789",
  "hooks.token": hookToken,
  "hooks.path": "/events",
  "hooks.allowedAgentIds": ["main"],
  "hooks.allowedSessionKeyPrefixes": ["hook:"],
  "hooks.defaultSessionKey": "hook:ingress",
  "session.store.url": "postgres://127.0.0.1:1/db",
  "session.store.listenUrl": "postgres://127.0.0.1:2/db",
  "session.store.schema": "another",
  "budgets.keys": { ada: { tokensPerDay: 1_000 } },
  "budgets.agents": { main: { tokensPerDay: 1_000 } },
  "gateway.remote.url": "ws://127.0.0.1:1",
  "gateway.remote.token": "token-0123456789-0123456789",
  "gateway.remote.password": "password-0123456789",
  "agents.defaults.model": "mine/model",
  "agents.defaults.models": { "mine/model": {} },
  "agents.defaults.modelPolicy.allow": ["builtin/*"],
  "agents.defaults.embeddingModel": "mine/embedding",
  "agents.defaults.workspace": "/tmp/another-workspace",
  "agents.defaults.instructions": "Be brief.",
  "agents.defaults.sessionHeaders": ["x-thread"],
  "agents.list": [{ id: "coder" }],
  "agents.entries": { coder: {} },
  "models.providers": { mine: { baseUrl: "http://127.0.0.1:9/v1" } },
  "tools.byProvider": { builtin: { deny: ["exec"] } },
  "tools.mcpServers": { files: { command: "/bin/true" } },
  "tools.exec.sandboxUser": 65_533,
  "tools.exec.pathPrepend": ["/opt/bin"],
  "logging.file": "gateway.log",
  "diagnostics.otel.endpoint": "http://127.0.0.1:9",
  "diagnostics.otel.tracesEndpoint": "http://127.0.0.1:9/v1/traces",
  "diagnostics.otel.headers": { "x-tenant": "a" },
  "diagnostics.otel.serviceName": "gateway-of-the-test",
  "diagnostics.otel.resourceAttributes": { "deployment.environment.name": "test" },
  "diagnostics.otel.sampleRate": 0.5,
  "env.vars": { SOME_NAME: "x" },
  "secrets.providers": { local: { source: "env" } },
};
/** Settings beside the changed one that its value needs. */
const mine = { models: { providers: { mine: { baseUrl: "http://127.0.0.1:9/v1" } } } };
const companions: Readonly<Record<string, object>> = {
  "hooks.enabled": { hooks: { token: hookToken } },
  "agents.defaults.embeddingModel": mine,
  "agents.defaults.model": mine,
  "agents.defaults.models": mine,
};
/** Settings whose effect has another name in the configuration that the gateway reads. */
const effects: Readonly<Record<string, string>> = { "agents.entries": "agents.list" };
/** These have no effect on a gateway: they are read when another setting uses them, or by the command line. */
const readElsewhere =
  /^(\$schema|gateway\.remote\.|agents\.defaults\.sandbox\.|tools\.sandbox\.|secrets\.defaults\.)/;

function inventValue({ name, node }: Setting): unknown {
  if (name in values) return values[name];
  const { type, default: current, enum: choices } = node;
  if (choices !== undefined) return choices.findLast((choice) => choice !== current);
  if (type === "boolean") return current !== true;
  if (type === "integer") {
    const value = typeof current === "number" ? current : (node.minimum ?? 1);
    return value < (node.maximum ?? Infinity) ? value + 1 : value - 1;
  }
  if (name.endsWith(".allowedMimes")) return [name.includes(".images.") ? "image/png" : "text/plain"];
  if (type === "array") return ["web_fetch"];
  if (node.default === "30d" || node.default === "90d") return "7d";
  return undefined;
}

/** Merges plain objects; the second one wins. */
function merge(base: object, more: object): object {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(more)) {
    const existing = merged[key];
    const areObjects = [existing, value].every(
      (each) => typeof each === "object" && each !== null && !Array.isArray(each),
    );
    merged[key] = areObjects ? merge(existing as object, value as object) : value;
  }
  return merged;
}

const nest = (name: string, value: unknown): object =>
  name.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;

const settings = listSettings(createInlineConfigSchema()).filter(({ name }) => !readElsewhere.test(name));

test("a change of every setting is applied, or named as one that needs a restart", async () => {
  const gateway = await startTestGateway({ hasConfigFile: true });
  const file = join(gateway.stateDir, "openclaw.json");
  const write = async (content: object): Promise<boolean> => {
    writeFileSync(file, JSON.stringify(content));
    return gateway.reloadFile();
  };
  const outcomes = new Map<string, string>();
  for (const setting of settings) {
    const { name } = setting;
    const value = inventValue(setting);
    expect(value, `a value for ${name}: add one to this test`).toBeDefined();
    const base = merge(bases[name] ?? {}, companions[name] ?? {});
    await write(base);
    gateway.log.length = 0;
    const isApplied = await write(merge(base, nest(name, value)));
    const { config } = await callAsOperator<{
      config: { restartRequired: readonly string[]; problems: unknown };
    }>(gateway, "status");
    expect([name, isApplied, config.problems]).toEqual([name, true, []]);
    const needsRestart = config.restartRequired.some((each) => name === each || name.startsWith(`${each}.`));
    const isLogged = gateway.log.some(
      (line) =>
        line.includes("configuration applied") &&
        line.includes((effects[name] ?? name).split(".").slice(0, 2).join(".")),
    );
    outcomes.set(name, needsRestart ? "restart" : isLogged ? "applied" : "nothing");
  }
  expect([...outcomes].filter(([, outcome]) => outcome === "nothing")).toEqual([]);
  expect([...outcomes].filter(([, outcome]) => outcome === "restart").map(([name]) => name)).toEqual([
    "gateway.mode",
    "gateway.port",
    "gateway.workers",
    "gateway.bind",
    "gateway.customBindHost",
    "gateway.auth.mode",
    "gateway.encryptionKey",
    "gateway.tls.enabled",
    "gateway.tls.autoGenerate",
    "gateway.tls.certPath",
    "gateway.tls.keyPath",
    "gateway.limits.slowClientCheckMs",
    "gateway.limits.maxHeaderBytes",
    "session.store.type",
    "session.store.url",
    "session.store.listenUrl",
    "session.store.poolSize",
    "session.store.schema",
  ]);
  expect(outcomes.size).toBeGreaterThan(130);
});
