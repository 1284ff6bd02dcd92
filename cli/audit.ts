/** `openclaw audit` and `openclaw audit verify`: who did what, and whether the record is whole. */
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitFailure, exitOk } from "./exit-codes.ts";
import { formatTable } from "./table.ts";
import { gatewayHelp, withGateway } from "./with-gateway.ts";

const defaultLimit = 50;
const pageSize = 1_000;

export const audit = defineCommand({
  name: "audit",
  summary: "show who did what, the latest last",
  positionals: [],
  options: {
    action: { value: "NAME", description: "only this action, such as keys.create or auth.failed" },
    actor: { value: "NAME", description: "only this key, or operator" },
    from: { value: "DAY", description: "first day in UTC, such as 2026-01-31" },
    to: { value: "DAY", description: "last day in UTC" },
    limit: {
      value: "N",
      min: 1,
      max: 1_000_000,
      description: `latest entries to show (default: ${defaultLimit})`,
    },
    jsonl: { description: "print each entry as one line of JSON" },
  },
  details: `Needs a credential with operator.admin. Entries have no content of requests.

${gatewayHelp}`,
  example: "openclaw audit --action auth.failed",
  run: ({ options: { limit = defaultLimit, jsonl, ...filter } }, io) =>
    withGateway(io, { json: jsonl }, async (client) => {
      const entries = [];
      let after: number | undefined;
      do {
        const page = await client.audit.list({ ...filter, after, limit: pageSize });
        entries.push(...page.data);
        entries.splice(0, entries.length - limit);
        after = page.nextAfter ?? undefined;
      } while (after !== undefined);
      if (jsonl) for (const entry of entries) io.out(JSON.stringify(entry));
      else {
        const rows = entries.map(({ seq, at, action, actor, target, address, outcome, code }) => [
          String(seq),
          new Date(at).toISOString(),
          action,
          actor ?? "",
          target ?? "",
          address ?? "",
          code ?? outcome,
        ]);
        const head = ["SEQ", "TIME", "ACTION", "ACTOR", "TARGET", "FROM", "OUTCOME"];
        for (const line of formatTable([head, ...rows])) io.out(line);
      }
      return exitOk;
    }),
});

export const auditVerify = defineCommand({
  name: "audit verify",
  summary: "compute the hashes of the audit log again",
  positionals: [],
  options: { ...jsonOption },
  details: `Exit code 1: an entry was changed, removed or inserted. Note the last hash elsewhere: only with it a log that was
rewritten as a whole is noticed.

${gatewayHelp}`,
  example: "openclaw audit verify",
  run: ({ options: { json } }, io) =>
    withGateway(io, { json }, async (client) => {
      const result = await client.audit.verify();
      if (json) io.out(JSON.stringify(result, null, 2));
      else if (result.ok)
        io.out(`${result.entries} entries are whole. Last: ${result.lastSeq} ${result.lastHash}`);
      else io.err(`Entry ${result.brokenSeq} was changed, or the one before it is missing.`);
      return result.ok ? exitOk : exitFailure;
    }),
});
