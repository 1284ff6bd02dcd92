/** `session`, `logging`, `secrets` and `gateway.reload` of OpenClaw: spellings, and rules about chats, of which this gateway has none. */
import { getDraft, take } from "../draft.ts";
import { getAt, isPlainObject, listObjects } from "../tree.ts";
import type { MappingReports } from "./map-keys.ts";

export function mapSession(tree: unknown, { report }: Pick<MappingReports, "report">): void {
  const session = getDraft(tree, "session");
  // `none` is the default of both gateways.
  if (getAt(session, "reset", "mode") === "none") take(session, "reset");
  const maintenance = getDraft(session, "maintenance");
  const days = maintenance?.["pruneAfter"];
  if (maintenance !== undefined && typeof days === "number") maintenance["pruneAfter"] = `${days}d`;

  const rules = getAt(session, "sendPolicy", "rules");
  for (const [index, rule] of Array.isArray(rules) ? rules.entries() : []) {
    if (getAt(rule, "action") !== "allow" && !isAboutChats(getAt(rule, "match"))) {
      report(
        ["session", "sendPolicy", "rules", index],
        "is not supported: it restricts sessions of this gateway, and is not enforced; deny the session tools with tools.deny",
      );
    }
  }
}

/** Whether a rule applies to sessions of chat apps only. */
function isAboutChats(match: unknown): boolean {
  if (!isPlainObject(match)) return false;
  const { channel, chatType } = match;
  return (typeof channel === "string" && channel !== "webchat") || chatType !== undefined;
}

/** OpenClaw has a level and a style of the console beside those of its file. */
export function mapLogging(tree: unknown): void {
  const logging = getDraft(tree, "logging");
  const style = take(logging, "consoleStyle");
  const level = take(logging, "consoleLevel");
  if (logging === undefined) return;
  if (style !== undefined) logging["format"] ??= style === "compact" ? "text" : style;
  if (level !== undefined) logging["level"] ??= level;
}

/** A program that a plugin brings is out of reach, as the original's own store is: a reference to it is an error. */
export function mapSecretProviders(tree: unknown): void {
  for (const [name, provider] of listObjects(getAt(tree, "secrets", "providers"))) {
    const providers = getDraft(tree, "secrets", "providers");
    const isForeign = provider["source"] === "store" || provider["pluginIntegration"] !== undefined;
    if (isForeign && providers !== undefined) providers[String(name)] = { source: "store" };
  }
}

/** Its older modes are one now. */
export function mapReload(tree: unknown): void {
  const reload = getDraft(tree, "gateway", "reload");
  if (reload?.["mode"] === "hot" || reload?.["mode"] === "restart") reload["mode"] = "hybrid";
}
