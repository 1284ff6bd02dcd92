/** All sets of examples of the gateway WebSocket. */
import type { MethodExampleSet } from "../../socket/method.ts";
import { agentListExamples, identityExamples, modelListExamples, modelTestExamples } from "./agents.ts";
import * as config from "./config.ts";
import { healthExamples, logExamples, presenceExamples, statusExamples } from "./gateway.ts";
import {
  abortExamples,
  agentExamples,
  historyExamples,
  runListExamples,
  sendExamples,
  waitExamples,
} from "./runs.ts";
import { backupExamples } from "./sessions.ts";
import { codeExamples, keyCreateExamples, keyListExamples, keyRevokeExamples } from "./keys.ts";
import * as sessions from "./sessions.ts";
import { sessionsUsageExamples, usageCostExamples } from "./usage.ts";
import { catalogExamples, effectiveExamples, invokeExamples, mcpExamples } from "./tools.ts";

export { gatewayEvents } from "./gateway.ts";

export const methodExampleSets: readonly MethodExampleSet[] = [
  healthExamples,
  statusExamples,
  presenceExamples,
  agentListExamples,
  identityExamples,
  modelListExamples,
  modelTestExamples,
  catalogExamples,
  effectiveExamples,
  invokeExamples,
  mcpExamples,
  agentExamples,
  waitExamples,
  runListExamples,
  sendExamples,
  historyExamples,
  abortExamples,
  ...Object.values(sessions),
  usageCostExamples,
  sessionsUsageExamples,
  ...Object.values(config),
  backupExamples,
  logExamples,
  codeExamples,
  keyCreateExamples,
  keyListExamples,
  keyRevokeExamples,
];
