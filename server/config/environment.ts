/** Environment variables in the configuration: `${VAR}` in strings, where variables come from, and the port. */
import type { Config } from "../../contracts/config/config.ts";
import { ConfigError } from "../lib/config-error.ts";

interface SubstitutionOptions {
  /** Also rejects `${…}` that names no variable: in a secret or an address it is a mistake, in a prompt it can be text. */
  readonly isStrict: boolean;
  readonly reportProblem: (message: string) => void;
}

const referencePattern = /(\$?)\$\{([^}]*)(\}?)/g;
const variablePattern = /^[A-Z_][A-Z0-9_]*$/;
const operatorPattern = /^([A-Z_][A-Z0-9_]*)(?::[-=?+]|[-=?+])/;

/** Replaces `${VAR}` with the variable's value. `$${VAR}` gives the text `${VAR}`. Any other `$` is unchanged. */
export function substituteVariables(
  text: string,
  env: NodeJS.ProcessEnv,
  { isStrict, reportProblem }: SubstitutionOptions,
): string {
  return text.replace(referencePattern, (match, escape: string, name: string, end: string) => {
    const [, withOperator] = (end === "" ? undefined : operatorPattern.exec(name)) ?? [];
    const isVariable = end !== "" && variablePattern.test(name);
    if (!isVariable && withOperator === undefined && !isStrict) return match;
    if (escape !== "") return match.slice(1);
    if (isVariable) {
      const value = env[name];
      if (value) return value;
      reportProblem(`the environment variable ${name} is not set or empty`);
    } else if (withOperator !== undefined) {
      reportProblem(
        `defaults and other operators of a shell are not supported in a reference; write \${${withOperator}}, or $\${${withOperator}…} for the text itself`,
      );
    } else {
      reportProblem(
        `\${${name.slice(0, 64)}${end} is not a variable: capitals, digits and _ only; $\${…} is the text itself`,
      );
    }
    return match;
  });
}

/** Reads a secret that is only the name of a variable, as in `$NAME`. Other texts are returned as they are. */
export function substituteSecretName(
  text: string,
  env: NodeJS.ProcessEnv,
  reportProblem: (message: string) => void,
): string {
  const name = /^\$([A-Za-z_]\w*)$/.exec(text)?.[1];
  if (name === undefined) return text;
  const value = variablePattern.test(name) ? env[name] : undefined;
  if (value) return value;
  reportProblem(
    variablePattern.test(name)
      ? `the environment variable ${name} is not set or empty`
      : `$${name} is not a variable: capitals, digits and _ only`,
  );
  return text;
}

/**
 * Returns the variables that the configuration and its secrets are read from: those of the process, then `.env` of the
 * state folder, then `env.vars` of the file. The first one that is not empty wins.
 */
export function mergeVariables(
  ...sources: readonly Readonly<Record<string, string | undefined>>[]
): NodeJS.ProcessEnv {
  return Object.assign({}, ...sources.toReversed().map(omitEmpty)) as NodeJS.ProcessEnv;
}

const omitEmpty = (source: Readonly<Record<string, string | undefined>>): object =>
  Object.fromEntries(Object.entries(source).filter(([, value]) => value));

/** Returns the port to listen on: the flag, else `OPENCLAW_GATEWAY_PORT`, else the file. */
export function resolveListenPort(flag: number | undefined, env: NodeJS.ProcessEnv, config: Config): number {
  if (flag !== undefined) return flag;
  const text = env["OPENCLAW_GATEWAY_PORT"];
  if (!text) return config.gateway.port;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity;
  if (port <= 65_535) return port;
  throw new ConfigError("the environment", [
    { path: "OPENCLAW_GATEWAY_PORT", message: "expected a port from 0 to 65535" },
  ]);
}
