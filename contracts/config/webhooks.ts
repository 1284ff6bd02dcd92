/** `gateway.webhooks`: receivers of events about background responses. */
import { z } from "zod";
import { WebhookEventType, webhookEventTypes, webhookRetryHours } from "../webhook-event.ts";
import { AgentId } from "./fields.ts";
import { SecretText } from "./secret.ts";

/** Each receiver has a queue of its own, and connections. */
const maxReceivers = 32;
/** Both SDKs try all signatures of a delivery. */
const maxSecrets = 4;

const Webhook = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: "must be a URL such as https://app.example/webhooks" })
      .max(2048)
      .describe("Address that events are sent to. `https`, unless `allowPrivateNetwork` is true."),
    secret: z
      .union([SecretText, z.array(SecretText).min(1).max(maxSecrets)])
      .describe(
        `Signs the events: \`whsec_\` and 24 to 64 bytes in Base64. A list of up to ${maxSecrets} gives a signature for each, while the receiver changes from one to the next.`,
      ),
    types: z
      .array(WebhookEventType)
      .min(1)
      .max(webhookEventTypes.length)
      .optional()
      .describe("Only these events. Default: all."),
    agents: z
      .array(AgentId)
      .min(1)
      .max(100)
      .optional()
      .describe("Only responses of these agents. Default: all."),
    allowPrivateNetwork: z
      .boolean()
      .default(false)
      .describe(
        "Whether the address may be one of this machine or of a private network, and `http`. Otherwise it must be public.",
      ),
  })
  .superRefine(({ url, allowPrivateNetwork }, context) => {
    const parsed = URL.parse(url);
    if (parsed === null) return;
    const { protocol, username, password } = parsed;
    const report = (message: string): void => context.addIssue({ code: "custom", path: ["url"], message });
    if (protocol === "http:" && !allowPrivateNetwork)
      report("must begin with https://; http is for a private network, with allowPrivateNetwork: true");
    if (username !== "" || password !== "") report("must not contain a user name or a password");
  });

export const Webhooks = z
  .array(Webhook)
  .max(maxReceivers)
  .default([])
  .describe(
    `Receivers of events about background responses, by Standard Webhooks. An event that is not accepted is sent again for ${webhookRetryHours} hours.`,
  );
