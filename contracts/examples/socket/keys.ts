/** Examples of the methods about keys. */
import { authCode, signInCodeMs } from "../../socket/sign-in-code.ts";
import { keysCreate, keysList, keysRevoke } from "../../socket/keys.ts";
import { methodExamples } from "../../socket/method.ts";
import { now } from "./gateway.ts";

/** Replaces the random part of the secret in every example. */
export const exampleSecret = "ock_this-is-43-random-characters-of-letters-0";

const ada = {
  name: "ada",
  scopes: ["operator.write" as const],
  agents: null,
  requestsPerMinute: null,
  createdAt: now,
  expiresAt: null,
  lastUsedAt: null,
};

const makeAda = { method: "keys.create", params: { name: "ada" } };

export const codeExamples = methodExamples(authCode, [
  {
    title: "A code for the page",
    params: { secret: exampleSecret },
    excerpt: true,
    result: { ok: true, code: "…", expiresAt: now + signInCodeMs, pagePath: "/" },
  },
]);

export const keyCreateExamples = methodExamples(keysCreate, [
  {
    title: "A key for everything except administration",
    params: { name: "ada" },
    result: { ok: true, secret: exampleSecret, key: ada },
  },
  {
    title: "A key for one agent that expires after a month",
    params: {
      name: "newsletter",
      scopes: ["run"],
      agents: ["coder"],
      expires: "30d",
      requestsPerMinute: 60,
    },
    result: {
      ok: true,
      secret: exampleSecret,
      key: {
        name: "newsletter",
        scopes: ["run"],
        agents: ["coder"],
        requestsPerMinute: 60,
        createdAt: now,
        expiresAt: now + 30 * 86_400_000,
        lastUsedAt: null,
      },
    },
  },
  {
    title: "A name that is taken",
    before: [makeAda],
    params: { name: "ada" },
    error: {
      code: "invalid_value",
      message: 'name: there is a key "ada" already; revoke it first, or choose another name.',
      param: "name",
    },
  },
  {
    title: "The name of the gateway's own secret",
    params: { name: "operator" },
    error: {
      code: "invalid_value",
      message: 'name: "operator" is reserved for the gateway\'s own secret; choose another.',
      param: "name",
    },
  },
  {
    title: "An agent that does not exist",
    params: { name: "ada", agents: ["codr"] },
    error: { code: "model_not_found", message: 'No agent "codr". Agents: main, coder.', param: "agents" },
  },
  {
    title: "An admin key for one agent",
    params: { name: "ada", scopes: ["operator.admin"], agents: ["coder"] },
    error: {
      code: "invalid_value",
      message: "agents: a key with operator.admin can create keys for every agent; leave out one of the two.",
      param: "agents",
    },
  },
]);

export const keyListExamples = methodExamples(keysList, [
  { title: "One key", before: [makeAda], params: {}, result: { keys: [ada] } },
  { title: "No key", params: {}, result: { keys: [] } },
]);

export const keyRevokeExamples = methodExamples(keysRevoke, [
  { title: "A key", before: [makeAda], params: { name: "ada" }, result: { ok: true, name: "ada" } },
  {
    title: "A key that does not exist",
    params: { name: "bob" },
    error: { code: "key_not_found", message: 'There is no key "bob".' },
  },
]);
