/** The scenarios in the order in which they run. */
import { measureAgentBody } from "./scenarios/agent-body.ts";
import { measureHostileProvider } from "./scenarios/hostile-provider.ts";
import { measureMessages, measureResponses } from "./scenarios/other-apis.ts";
import { measurePacedStreams } from "./scenarios/paced-streams.ts";
import { measureLatency, measureStreams, measureWholeReplies } from "./scenarios/replies.ts";
import { measureFanOut, measureIdleSockets } from "./scenarios/sockets.ts";
import { measureStoreLag } from "./scenarios/store-lag.ts";
import { measureExpiry, measureSlowDisk } from "./scenarios/store.ts";
import { measureLongSession, measureStored } from "./scenarios/stored.ts";
import { measureTelemetry } from "./scenarios/telemetry.ts";
import type { Scenario } from "./scenario.ts";

export const scenarios: Readonly<Record<string, Scenario>> = {
  latency: measureLatency,
  whole: measureWholeReplies,
  streams: measureStreams,
  paced: measurePacedStreams,
  telemetry: measureTelemetry,
  responses: measureResponses,
  messages: measureMessages,
  stored: measureStored,
  "store-lag": measureStoreLag,
  "long-session": measureLongSession,
  "agent-body": measureAgentBody,
  sockets: measureIdleSockets,
  "fan-out": measureFanOut,
  "slow-disk": measureSlowDisk,
  expiry: measureExpiry,
  "hostile-provider": measureHostileProvider,
};
