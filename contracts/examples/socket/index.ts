/** Every set of examples of the socket. Three methods have none: what they answer is this gateway's own and long. */
import type { MethodExampleSet } from "../../socket/method.ts";
import { agentListExamples, identityExamples, invokeExamples, modelListExamples } from "./agents.ts";
import { healthExamples, logExamples, presenceExamples, statusExamples } from "./gateway.ts";
import { abortExamples, agentExamples, historyExamples, sendExamples, waitExamples } from "./runs.ts";
import * as sessions from "./sessions.ts";

export { gatewayEvents } from "./gateway.ts";

export const methodExampleSets: readonly MethodExampleSet[] = [
  healthExamples,
  statusExamples,
  presenceExamples,
  agentListExamples,
  identityExamples,
  modelListExamples,
  invokeExamples,
  agentExamples,
  waitExamples,
  sendExamples,
  historyExamples,
  abortExamples,
  ...Object.values(sessions),
  logExamples,
];
