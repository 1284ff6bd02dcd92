/** `openclaw models status`: the models of the agents, their providers, and where the keys come from. */
import { homedir } from "node:os";
import { loadConfig } from "../server/config/load.ts";
import { listModels, listProviders, probeProvider } from "./checks/providers.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitFailure, exitOk } from "./exit-codes.ts";
import { formatListing } from "./table.ts";

export const modelsStatus = defineCommand({
  name: "models status",
  summary: "show the models of the agents, their providers, and where the keys come from",
  positionals: [],
  options: {
    probe: { description: "ask each provider for its models, which costs nothing" },
    check: { description: "exit 1 when a provider of an agent lacks its key or fails its probe" },
    ...jsonOption,
  },
  details: `Reads the configuration; the gateway need not run.
Exit codes: 0 done, 1 a provider is not usable (with --check), 2 wrong usage, 78 invalid configuration.`,
  example: "openclaw models status --probe",
  async run({ options: { probe, check, json } }, io) {
    const { config, env } = loadConfig({ env: io.env, home: io.env["HOME"] || homedir() });
    const [defaultModel = "", ...fallbacks] = listModels(config);
    const reports = listProviders(config, env);
    const providers = await Promise.all(
      reports.map(async (report) => ({
        ...report,
        ...(probe && { probe: await probeProvider(config, report.id) }),
      })),
    );
    if (json) io.out(JSON.stringify({ defaultModel, further: fallbacks, providers }, null, 2));
    else {
      io.out(`Default model: ${defaultModel}`);
      if (fallbacks.length > 0) io.out(`Further models: ${fallbacks.join(", ")}`);
      const rows = providers.map(({ id, api, host, key, lacksKey, probe: result }) => [
        id,
        key ?? (lacksKey ? "missing" : "none needed"),
        ...(result === undefined ? [] : [result.detail]),
        api,
        host,
      ]);
      const head = ["PROVIDER", "KEY", ...(probe ? ["PROBE"] : []), "API", "HOST"];
      if (rows.length > 0) for (const line of formatListing(head, rows, io.terminal?.columns)) io.out(line);
      else io.out("No provider is configured: the built-in model answers.");
    }
    const isBroken = providers.some(
      ({ isInUse, lacksKey, probe: result }) => isInUse && (lacksKey || result?.ok === false),
    );
    return check && isBroken ? exitFailure : exitOk;
  },
});
