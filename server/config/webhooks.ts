/** Checks `gateway.webhooks`: the form of secrets, agents that exist, and one receiver for each address. */
import { findSecretProblem } from "../lib/webhook-secret.ts";
import { checkAgentNames } from "./agent-names.ts";
import { skippedSecret } from "./secrets/secret-command.ts";
import { getAt, listObjects, type Report } from "./tree.ts";

/** @param agents ids of the agents of the file, in lower case */
export function checkWebhooks(tree: unknown, agents: readonly string[], report: Report): void {
  const indexByUrl = new Map<unknown, string | number>();
  for (const [index, webhook] of listObjects(getAt(tree, "gateway", "webhooks"))) {
    const path = ["gateway", "webhooks", index];
    const { url, secret } = webhook;
    const existing = indexByUrl.get(url);
    if (existing !== undefined)
      report(
        [...path, "url"],
        `is already the address of gateway.webhooks.${existing}; list all secrets there`,
      );
    else if (typeof url === "string") indexByUrl.set(url, index);
    const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
    for (const [position, text] of secrets.entries()) {
      // A reference that gives no secret is reported where it is resolved: its text is empty.
      if (typeof text !== "string" || text === "" || text === skippedSecret) continue;
      const problem = findSecretProblem(text);
      const place = Array.isArray(secret) ? ["secret", position] : ["secret"];
      if (problem !== undefined) report([...path, ...place], problem);
    }
    checkAgentNames(getAt(webhook, "agents"), [...path, "agents"], agents, report);
  }
}
