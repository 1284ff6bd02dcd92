/** The lines of the log. docs/logging.md is generated from this table, and the server can write no other line. */
import { gatewayLogEvents } from "./gateway.ts";
import { requestsLogEvents } from "./requests.ts";
import { runsLogEvents } from "./runs.ts";
import { storeLogEvents } from "./store.ts";
import { webhookLogEvents } from "./webhooks.ts";

export const logEvents = {
  ...gatewayLogEvents,
  ...requestsLogEvents,
  ...runsLogEvents,
  ...storeLogEvents,
  ...webhookLogEvents,
};

export type LogMessage = keyof typeof logEvents;
