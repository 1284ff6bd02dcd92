/** `openclaw security audit`: checks the files and the configuration for what gives others more than intended. */
import { homedir } from "node:os";
import { loadConfig } from "../server/config/load.ts";
import { locateConfig } from "../server/config/locate.ts";
import { checkExposure } from "./checks/exposure.ts";
import { needsAction, printFindings, type Finding } from "./checks/finding.ts";
import { checkPermissions } from "./checks/permissions.ts";
import { inspectSecret } from "./checks/inspect-secret.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitFailure, exitOk } from "./exit-codes.ts";

export const securityAudit = defineCommand({
  name: "security audit",
  summary: "check what gives others more than intended",
  positionals: [],
  options: { ...jsonOption },
  details: `Reads files and the configuration, and changes nothing. The gateway need not run.
Exit codes: 0 nothing found, 1 something found, 2 wrong usage, 78 invalid configuration.`,
  example: "openclaw security audit",
  run({ options: { json } }, io) {
    const home = io.env["HOME"] || homedir();
    const { file, stateDir } = locateConfig(io.env, home, process.cwd());
    const loaded = loadConfig({ env: io.env, home });
    const findings: readonly Finding[] = [
      ...checkPermissions(stateDir, file),
      ...checkExposure(loaded.config, inspectSecret(loaded)),
    ];
    const count = (severity: Finding["severity"]): number =>
      findings.filter((finding) => finding.severity === severity).length;
    const summary = { critical: count("error"), warn: count("warning"), info: count("info") };
    if (json)
      io.out(JSON.stringify({ ok: !findings.some(needsAction), ts: Date.now(), summary, findings }, null, 2));
    else {
      printFindings(findings, io);
      io.out(
        findings.some(needsAction)
          ? `${summary.critical} critical, ${summary.warn} warnings.`
          : "Nothing to do.",
      );
    }
    return findings.some(needsAction) ? exitFailure : exitOk;
  },
});
