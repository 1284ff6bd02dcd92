/** GET /audit and GET /audit/verify: who did what, and whether the record is whole. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { limits, listOf, queryInteger, shortText } from "../limits.ts";
import { day } from "./usage.ts";

/** Entries per page. */
export const auditPage = { max: 1_000, default: 100 } as const;

const hash = (): z.ZodString => z.string().max(64);

const AuditOutcome = z
  .enum(["ok", "error", "denied"])
  .meta({ id: "AuditOutcome", description: "How it ended." });

const AuditEntry = z
  .object({
    seq: z.int().describe("Number of the entry. Counts from 1 without gaps."),
    at: z.int().describe("Unix time in milliseconds."),
    action: shortText().describe(
      "What was done: `auth.failed`, `auth.locked`, `tool.run`, `tool.denied`, `budget.exceeded`, `config.changed`, `gateway.started`, `gateway.stopped`, `webhook.given_up`, `webhook.gone`, or the name of the socket method or operation, such as `keys.create` and `deleteSession`.",
    ),
    actor: shortText()
      .nullable()
      .describe("Name of the credential. Null: a rejected one, or the gateway itself."),
    address: shortText().nullable().describe("Address of the client, where it is known."),
    target: shortText()
      .nullable()
      .describe("What it was done to: a key, a session, a tool, paths of the configuration."),
    agentId: shortText().nullable().describe("Id of the agent."),
    runId: shortText().nullable().describe("Id of the run."),
    requestId: shortText().nullable().describe("Id of the request, as in the log."),
    outcome: AuditOutcome,
    code: shortText().nullable().describe("The error code."),
    hash: hash().describe("SHA-256 of the hash before, the number and the fields of the entry."),
  })
  .meta({ id: "AuditEntry", description: "One entry of the audit log. It has no content of requests." });

export const getAudit = endpoint({
  id: "getAudit",
  method: "get",
  path: "/audit",
  tag: "Operation",
  summary: "Read the audit log",
  description:
    "Who did what to what, when, from where, and how it ended: rejected credentials, administration, changes of sessions, tools and exceeded budgets. Entries are kept for `audit.retention`.",
  auth: "admin",
  query: z.object({
    after: queryInteger(z.int().min(0).max(limits.count))
      .optional()
      .describe("Only entries after this number: `nextAfter` of the page before."),
    limit: queryInteger(z.int().min(1).max(auditPage.max))
      .optional()
      .describe(`Entries of the page, 1–${auditPage.max}. Default: ${auditPage.default}.`),
    from: day.optional().describe("First day in UTC."),
    to: day.optional().describe("Last day in UTC."),
    action: shortText().optional().describe("Only this action."),
    actor: shortText().optional().describe("Only this credential."),
    format: z
      .enum(["json", "jsonl"])
      .optional()
      .describe("`jsonl`: one entry as JSON a line. Default: `json`."),
  }),
  responses: {
    200: {
      description: "A page of entries, the oldest first.",
      alternatives: ["application/jsonl"],
      body: z
        .object({
          object: z.literal("list").describe("Always `list`."),
          data: listOf(AuditEntry).describe("The entries, the oldest first."),
          nextAfter: z.int().nullable().describe("Send it as `after` for the next page; null on the last."),
        })
        .meta({ id: "AuditPage", description: "A page of the audit log." }),
    },
  },
  errors: ["storage_unavailable"],
});

export const verifyAudit = endpoint({
  id: "verifyAudit",
  method: "get",
  path: "/audit/verify",
  tag: "Operation",
  summary: "Verify the audit log",
  description:
    "Computes the hash of every entry again. An entry that was changed, removed or inserted breaks the chain. Note `lastSeq` and `lastHash` elsewhere: only with them a chain that was rewritten as a whole is noticed.",
  auth: "admin",
  responses: {
    200: z
      .object({
        ok: z.boolean().describe("Whether the chain is whole."),
        entries: z.int().describe("Entries whose hash is right, up to the first one that is not."),
        lastSeq: z.int().describe("Number of the last entry whose hash is right; 0 without any."),
        lastHash: hash().describe("Its hash."),
        brokenSeq: z
          .int()
          .nullable()
          .describe("Number of the first entry that was changed or that follows a missing one. Null: none."),
      })
      .meta({ id: "AuditVerification", description: "Whether the audit log is whole." }),
  },
  errors: ["storage_unavailable"],
});
