/** `openclaw init`: writes a first configuration, with the first provider whose key is set, else with the built-in model. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import {
  findKnownProvider,
  knownProviders,
  type KnownProvider,
} from "../contracts/config/known-providers.ts";
import { readDotenv } from "../server/config/dotenv.ts";
import { locateConfig } from "../server/config/locate.ts";
import { suggest } from "../server/lib/did-you-mean.ts";
import { appendEnv, createEnvFile } from "./append-env.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitFailure, exitOk } from "./exit-codes.ts";
import { hasOpenClawMark, readTextFile } from "./import/read-config.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./read-arguments.ts";
import { quoteForShell } from "./quote-for-shell.ts";

/** Providers that are asked first when the keys of several are set. */
const preferred = ["anthropic", "openai", "google", "openrouter"];
const builtIn = "builtin/assistant";

export const init = defineCommand({
  name: "init",
  summary: "write a first configuration",
  positionals: [],
  options: {
    provider: { value: "ID", description: "provider of the model (default: the first whose key is set)" },
    model: { value: "PROVIDER/ID", description: "model of the agents (default: an example of the provider)" },
    yes: { short: "y", description: "ask nothing" },
    force: { description: "replace an existing file; a copy of it is made before" },
    print: { description: "print the file instead of writing it" },
    ...jsonOption,
  },
  details: `Writes openclaw.json and .env into the state folder, ~/.openclaw, with access for its owner only. The gateway then
answers on this machine only, and its agents have the tool profile \`minimal\`. On a terminal it asks for the provider,
the model and the key. A file that OpenClaw wrote is not changed, except with --force.
Exit codes: 0 written, 1 there is a file already, 2 wrong usage.`,
  example: "openclaw init --provider anthropic",
  async run({ options }, io) {
    const home = io.env["HOME"] || homedir();
    const { file, stateDir } = locateConfig(io.env, home, process.cwd());
    const env = { ...readDotenv(stateDir, () => {}), ...io.env };
    const answers = await ask(chooseModel(options, env), env, options, io);
    const text = formatConfigFile(answers.model);
    if (options.print) {
      io.out(text.trimEnd());
      return exitOk;
    }
    if (existsSync(file) && !options.force) return refuse(file, text, options.json, io);
    const copy = existsSync(file)
      ? `${file}.${new Date().toISOString().replaceAll(/[:.]/g, "-")}`
      : undefined;
    if (copy !== undefined) copyFileSync(file, copy);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o600 });
    createEnvFile(stateDir);
    const { path: envFile, added } = appendEnv(stateDir, answers.variables);
    const report = {
      ok: true,
      config: file,
      ...(copy !== undefined && { copy }),
      env: envFile,
      added,
      model: answers.model,
    };
    if (options.json) io.out(JSON.stringify(report, null, 2));
    else {
      if (copy !== undefined) io.out(`Copied the old file to ${copy}.`);
      io.out(`Wrote ${file}: the model is ${answers.model}.`);
      if (added.length > 0) io.out(`Added ${added.join(", ")} to ${envFile}.`);
      if (answers.missingKey !== undefined) io.out(`Put the key into ${envFile}: ${answers.missingKey}=…`);
      for (const line of formatNextSteps(stateDir)) io.out(line);
    }
    return exitOk;
  },
});

interface Choice {
  readonly model: string;
  readonly provider: KnownProvider | undefined;
}

interface Answers {
  readonly model: string;
  /** Variables for `.env`. */
  readonly variables: Readonly<Record<string, string>>;
  /** The variable that the provider needs and that is not set. */
  readonly missingKey: string | undefined;
}

interface InitOptions {
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
  readonly print: boolean;
}

function chooseModel({ provider: id, model }: InitOptions, env: NodeJS.ProcessEnv): Choice {
  if (model !== undefined && !model.includes("/")) throw new UsageError("--model: expected PROVIDER/ID");
  const name = id ?? model?.split("/")[0];
  const provider = name === undefined ? findProviderWithKey(env) : requireProvider(name);
  if (model !== undefined) return { model, provider };
  return { model: provider === undefined ? builtIn : toExampleModel(provider), provider };
}

/** Returns undefined for the built-in model, and for a provider of the user's own. Throws for one that cannot be used. */
function requireProvider(name: string): KnownProvider | undefined {
  if (name === "builtin") return undefined;
  const provider = findKnownProvider(name);
  const usable = knownProviders.filter(isUsable).map(({ id }) => id);
  if (provider === undefined) {
    const suggestion = suggest(name, usable);
    const hint = suggestion === undefined ? `Known are ${usable.join(", ")}.` : `Did you mean ${suggestion}?`;
    throw new UsageError(`there is no known provider ${JSON.stringify(name)}. ${hint}`);
  }
  if (provider.unsupported !== undefined) throw new UsageError(`${provider.id} ${provider.unsupported}`);
  return provider;
}

const isUsable = ({ api, baseUrl, models = [] }: KnownProvider): boolean =>
  api !== undefined && baseUrl !== undefined && models.length > 0;

const hasKey = ({ env = [] }: KnownProvider, variables: NodeJS.ProcessEnv): boolean =>
  env.some((name) => Boolean(variables[name]));

function findProviderWithKey(env: NodeJS.ProcessEnv): KnownProvider | undefined {
  const usable = knownProviders.filter((provider) => isUsable(provider) && hasKey(provider, env));
  return usable.toSorted((a, b) => rank(a) - rank(b))[0];
}

const rank = ({ id }: KnownProvider): number => {
  const index = preferred.indexOf(id);
  return index < 0 ? preferred.length : index;
};

const toExampleModel = ({ id, models = [] }: KnownProvider): string => `${id}/${models[0]}`;

/** Asks on a terminal. Elsewhere the choice stays as it is. */
async function ask(choice: Choice, env: NodeJS.ProcessEnv, options: InitOptions, io: Io): Promise<Answers> {
  const isInteractive = io.terminal !== undefined && io.input.isTTY === true;
  const needsKey = (provider: KnownProvider | undefined): string | undefined =>
    provider === undefined || provider.isKeyOptional === true || hasKey(provider, env)
      ? undefined
      : provider.env?.[0];
  if (!isInteractive || options.yes || options.json || options.print) {
    return { model: choice.model, variables: {}, missingKey: needsKey(choice.provider) };
  }
  const reader = createInterface({ input: io.input, output: process.stdout });
  try {
    const question = async (text: string, preset: string): Promise<string> =>
      (await reader.question(`${text} [${preset}]: `)).trim() || preset;
    let { provider, model } = choice;
    if (options.provider === undefined && options.model === undefined) {
      provider = requireProvider(await question("Provider", provider?.id ?? "builtin"));
      model = provider === undefined ? builtIn : toExampleModel(provider);
      if (provider !== undefined) model = await question("Model", model);
    }
    const variable = needsKey(provider);
    const key = variable === undefined ? "" : (await reader.question(`${variable} (empty: later): `)).trim();
    const variables = variable === undefined || key === "" ? {} : { [variable]: key };
    return { model, variables, missingKey: key === "" ? variable : undefined };
  } finally {
    reader.close();
  }
}

/** The file belongs to its owner: what it would have is printed instead. */
function refuse(file: string, text: string, json: boolean, io: Io): number {
  const owner = hasOpenClawMark(readTextFile(file).tree)
    ? "OpenClaw wrote it, and it stays as it is"
    : "it stays as it is";
  const message = `There is a file already, ${file}: ${owner}. With --force it is replaced, and a copy made.`;
  if (json) io.out(JSON.stringify({ ok: false, error: { type: "cli_error", message }, file: text }, null, 2));
  else {
    io.err(`${message} A new one would be:\n`);
    io.out(text.trimEnd());
  }
  return exitFailure;
}

function formatNextSteps(stateDir: string): readonly string[] {
  const token = join(stateDir, "gateway-token");
  const body = JSON.stringify({ model: "openclaw", messages: [{ role: "user", content: "Hello!" }] });
  return [
    "",
    "openclaw gateway    starts the gateway; its token is created then",
    "openclaw chat       talks with the agent, in another terminal",
    `curl -sS http://127.0.0.1:18789/v1/chat/completions -H "Authorization: Bearer $(cat ${quoteForShell(token)})" -H "Content-Type: application/json" -d '${body}'`,
  ];
}

const formatConfigFile = (
  model: string,
): string => `// The configuration of openclaw-gateway. \`openclaw config check\` checks it; \`openclaw config schema\` describes all keys.
// Secrets belong into the environment, or into .env beside this file.
{
  gateway: {
    // loopback: this machine only. lan: the network.
    bind: "loopback",
    http: {
      endpoints: {
        chatCompletions: { enabled: true },
        responses: { enabled: true },
      },
    },
  },
  agents: {
    defaults: {
      model: ${JSON.stringify(model)},
      // What the agents are for, in your words.
      // instructions: "You answer questions about our shop.",
    },
  },
  tools: {
    // minimal: no files and no commands. coding: both, for every caller with the credential.
    profile: "minimal",
  },
}
`;
