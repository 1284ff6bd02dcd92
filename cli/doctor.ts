/** `openclaw doctor`: checks the set-up of the gateway, and says what to do. It changes nothing. */
import { existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import json5 from "json5";
import { locateConfig } from "../server/config/locate.ts";
import { needsAction, printFindings } from "./checks/finding.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitFailure, exitOk } from "./exit-codes.ts";
import { readTextFile } from "./import/read-config.ts";
import type { Io } from "./io.ts";

export const doctor = defineCommand({
  name: "doctor",
  summary: "check the set-up of the gateway, and say what to do",
  positionals: [],
  options: {
    probe: { description: "also ask each provider for its models, which costs nothing" },
    fix: {
      description: "write a copy of the configuration without keys that have no effect, beside the file",
    },
    ...jsonOption,
  },
  details: `Checks the configuration key by key, permissions, the port, Node, the sandbox and the keys of providers, and says what
\`openclaw import\` would bring. Neither the configuration nor the state is changed.
Exit codes: 0 nothing to do, 1 something found, 2 wrong usage.`,
  example: "openclaw doctor --probe",
  async run({ options: { probe, fix, json } }, io) {
    const { runChecks } = await import("./checks/run-checks.ts");
    const findings = await runChecks(io, probe);
    const isOk = !findings.some(needsAction);
    const copy = fix ? await writeFixedCopy(io) : undefined;
    if (json) {
      const report = { schemaVersion: 1, ok: isOk, findings, ...(copy !== undefined && { copy }) };
      io.out(JSON.stringify(report, null, 2));
    } else {
      printFindings(findings, io);
      const problems = findings.filter(needsAction).length;
      io.out(problems === 0 ? "Nothing to do." : `${problems} to look at.`);
      if (copy !== undefined)
        io.out(`Wrote ${copy}. Compare it with your file, and replace that when you agree.`);
    }
    return isOk ? exitOk : exitFailure;
  },
});

/** Returns the path of the copy; undefined when there is nothing to convert. */
async function writeFixedCopy(io: Io): Promise<string | undefined> {
  const home = io.env["HOME"] || homedir();
  const { file } = locateConfig(io.env, home, process.cwd());
  if (!existsSync(file)) return undefined;
  const { convertTree } = await import("../server/config/openclaw/convert-tree.ts");
  const tree = convertTree(file, readTextFile(file).tree);
  const copy = join(dirname(file), "openclaw.converted.json");
  writeFileSync(copy, `${json5.stringify(tree, undefined, 2)}\n`, { mode: 0o600 });
  return copy;
}
