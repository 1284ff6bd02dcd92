/** `hooks`: other programs start runs and leave notices, with a token of their own. */
import { z } from "zod";
import { hooksPath } from "../endpoint.ts";
import { limits, listOf, shortText } from "../limits.ts";
import { bytes } from "./fields.ts";
import { SecretText } from "./secret.ts";

export const Hooks = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe("Serves `POST /hooks/agent` and `POST /hooks/wake`. Requires `token`."),
    token: SecretText.optional().describe(
      "The only credential of these two endpoints, which opens nothing else. Must differ from the gateway's own secret.",
    ),
    path: shortText()
      .regex(/^\/[\w.~-]+(\/[\w.~-]+)*$/, 'must be a path such as "/hooks", without a slash at its end')
      .default(hooksPath)
      .describe("Path before `/agent` and `/wake`."),
    allowedAgentIds: listOf(
      shortText().regex(/^(\*|[a-z0-9][a-z0-9_-]{0,63})$/i, 'must be the id of an agent, or "*"'),
    )
      .optional()
      .describe(
        "The only agents that hooks reach. The first of them is their default agent, unless the default agent is one of them. Default, and with `*`: all. An empty list: none.",
      ),
    allowRequestSessionKey: z
      .boolean()
      .default(false)
      .describe("Whether a request may choose the key of its session."),
    allowedSessionKeyPrefixes: listOf(shortText().min(1))
      .default([])
      .describe(
        "Every key that a hook uses begins with one of these; `hook:` too, without `defaultSessionKey`. Any case. Empty: no rule.",
      ),
    defaultSessionKey: z
      .string()
      .min(1)
      .max(limits.hookSessionKey)
      .regex(/^[!-~]+$/, "must be visible ASCII without spaces")
      .optional()
      .describe(
        "Name of the runs of hooks that choose no key. Each run has a session of its own, `hook:<name>:run:<id>`, and runs of one name wait for each other. Default: a new name for each run.",
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
        `allows no key of a hook that chooses none: add a prefix of ${JSON.stringify(defaultSessionKey)}, or set defaultSessionKey`,
      );
  })
  .prefault({})
  .describe("Hooks: programs start runs and leave notices over HTTP.");

/** Whether the key begins with one of the prefixes, in any case. */
export const hasPrefix = (key: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => key.toLowerCase().startsWith(prefix.toLowerCase()));
