/** Lines of the log: events that are sent to `gateway.webhooks`. */
import type { LogEvent } from "./log-event.ts";

export const webhookLogEvents = {
  "a webhook event was delivered": {
    levels: ["info"],
    meaning: "The receiver has answered 2xx. Has the id of the event and of the response, and the attempt.",
  },
  "a webhook event was not delivered, and is sent again later": {
    levels: ["warn"],
    meaning: "Has the reason, and the time until the next attempt in `delayMs`.",
  },
  "a webhook event was given up": {
    levels: ["error"],
    meaning: "The receiver has not accepted it for 24 hours. The response can still be retrieved.",
  },
  "webhook events were given up: no gateway has delivered them in time": {
    levels: ["warn"],
    meaning: "They are older than 24 hours: their receiver is not configured any more, or has answered 410.",
  },
  "a webhook receiver answered 410: it gets no events until the gateway restarts": {
    levels: ["warn"],
    meaning: "Remove it from `gateway.webhooks`, or repair it and restart the gateway.",
  },
  "a webhook event was dropped, because its queue is full": {
    levels: ["warn"],
    meaning: "10000 events wait for this receiver. Nothing else is affected.",
  },
  "webhook events cannot be read": {
    levels: ["warn"],
    meaning: "The session store failed. They are sent when it works again.",
  },
  "the outcome of a webhook event could not be stored": {
    levels: ["warn"],
    meaning: "The session store failed. The event is sent again, with the same id.",
  },
} as const satisfies Readonly<Record<string, LogEvent>>;
