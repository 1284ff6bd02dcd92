/** Examples of the methods of the configuration file. The gateway of the examples has no file at first. */
import { configApply, configGet, configPatch, configSchema, configSet } from "../../socket/config.ts";
import { methodExamples } from "../../socket/method.ts";

const oldHash = "0".repeat(64);
const limits = "{ gateway: { limits: { maxWaitMs: 5000 } } } // five seconds";

export const configGetExamples = methodExamples(configGet, [
  {
    title: "Settings without secrets",
    params: {},
    excerpt: true,
    result: {
      valid: true,
      config: {
        gateway: { port: 18_789, bind: "loopback", trustedProxies: "[redacted]" },
        agents: { list: [{ id: "main" }, { id: "coder" }] },
      },
      hash: "",
      issues: [],
    },
  },
]);

export const configSchemaExamples = methodExamples(configSchema, [
  {
    title: "The schema of the file",
    params: {},
    excerpt: true,
    result: { schema: { title: "Configuration of the gateway", type: "object" } },
  },
]);

export const configSetExamples = methodExamples(configSet, [
  {
    title: "A file with one setting",
    params: { raw: limits },
    excerpt: true,
    result: {
      ok: true,
      hash: "…",
      changed: ["gateway.limits.maxWaitMs"],
      applied: true,
      restartRequired: [],
    },
  },
  {
    title: "A text that is no JSON5",
    params: { raw: "{ gateway: ]" },
    error: { code: "invalid_config", message: "raw: JSON5: invalid character ']' at 1:12", param: "raw" },
  },
]);

export const configPatchExamples = methodExamples(configPatch, [
  {
    title: "A setting that needs a restart",
    params: { raw: "{ gateway: { port: 8080 } }" },
    excerpt: true,
    result: {
      ok: true,
      hash: "…",
      changed: ["gateway.port"],
      applied: true,
      restartRequired: ["gateway.port"],
    },
  },
  {
    title: "A setting that starts programs",
    params: { raw: '{ tools: { exec: { sandbox: "bwrap" } } }' },
    error: {
      code: "config_not_writable",
      message: "tools.exec can be changed in the file on the gateway's disk only.",
      param: "tools.exec",
    },
  },
]);

export const configApplyExamples = methodExamples(configApply, [
  {
    title: "A file that is applied at once",
    params: { raw: limits },
    excerpt: true,
    result: {
      ok: true,
      hash: "…",
      changed: ["gateway.limits.maxWaitMs"],
      applied: true,
      restartRequired: [],
    },
  },
  {
    title: "A change of an older file",
    params: { raw: limits, baseHash: oldHash },
    error: {
      code: "config_changed",
      message: "The file has changed since it was read. Read it again and repeat the change.",
      param: "baseHash",
    },
  },
]);
