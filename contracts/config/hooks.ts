/** `hooks`: other programs start runs and queue system events, with a token of their own. */
import { z } from "zod";
import { hooksPath } from "../endpoint.ts";
import { limits, listOf, shortText } from "../limits.ts";
import { bytes, urlPathSegments } from "./fields.ts";
import { SecretText } from "./secret.ts";

export const Hooks = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe("Serves `POST /hooks/agent` and `POST /hooks/wake`. Requires `token`."),
    token: SecretText.optional().describe(
      "Both endpoints require this token. Other endpoints reject it. It must differ from the gateway's own secret.",
    ),
    path: shortText()
      .regex(
        new RegExp(`^${urlPathSegments}$`),
        'must be a path such as "/hooks", without a slash at its end and without the segments "." and ".."',
      )
      .default(hooksPath)
      .describe("Path before `/agent` and `/wake`."),
    allowedAgentIds: listOf(
      shortText().regex(/^(\*|[a-z0-9][a-z0-9_-]{0,63})$/i, 'must be the id of an agent, or "*"'),
    )
      .optional()
      .describe(
        "The agents that hooks can use. Their default agent is the gateway's default agent if the list has it, and the first of the list otherwise. Default, and with `*`: all agents. An empty list: none.",
      ),
    allowRequestSessionKey: z.boolean().default(false).describe("Whether a request may set `sessionKey`."),
    allowedSessionKeyPrefixes: listOf(shortText().min(1))
      .default([])
      .describe(
        "Each session key of hooks must begin with one of these prefixes, `defaultSessionKey` (`hook:` without it) included. Case-insensitive. Empty: every key is allowed.",
      ),
    defaultSessionKey: z
      .string()
      .min(1)
      .max(limits.hookSessionKey)
      .regex(/^[!-~]+$/, "must be visible ASCII without spaces")
      .optional()
      .describe(
        "Session key for requests without `sessionKey`. Each run has a session of its own, `hook:<name>:run:<id>`. In each gateway process, runs of the same name wait for each other. Default: a new name for each run.",
      ),
    maxBodyBytes: bytes().default(262_144).describe("Largest request body, in bytes; larger ones get 413."),
  })
  .superRefine(({ enabled, token, allowedSessionKeyPrefixes, defaultSessionKey = "hook:" }, context) => {
    const report = (key: string, message: string): void =>
      context.addIssue({ code: "custom", path: [key], message });
    if (enabled && token === undefined)
      report("token", "is required with hooks.enabled; make one with: openssl rand -hex 24");
    const isAllowed =
      allowedSessionKeyPrefixes.length === 0 || hasPrefix(defaultSessionKey, allowedSessionKeyPrefixes);
    if (!isAllowed)
      report(
        "allowedSessionKeyPrefixes",
        `does not allow the key of requests without sessionKey: add a prefix of ${JSON.stringify(defaultSessionKey)}, or set defaultSessionKey`,
      );
  })
  .prefault({})
  .describe("Hooks: programs start runs and queue system events over HTTP.");

/** Whether the key begins with one of the prefixes, in any case. */
export const hasPrefix = (key: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => key.toLowerCase().startsWith(prefix.toLowerCase()));
