/** Replaces the variables in all strings of a configuration, and resolves its paths. */
import { substituteSecretName, substituteVariables } from "./environment.ts";
import { resolvePath } from "./locate.ts";
import { isAddressPath, isSecretPath } from "./secret-paths.ts";
import { mapStrings, matchesPattern, type Path } from "./tree.ts";

interface ReplaceOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  /** The folder that relative paths begin at. */
  readonly folder: string;
}

interface ReplacedTree {
  readonly tree: unknown;
  /** Reported later: an ignored key may name a variable that is not set. */
  readonly problems: readonly { readonly path: Path; readonly message: string }[];
}

/** Keys whose values are paths. `~` is the home folder; a relative path is relative to the file's folder. */
const pathKeys = [
  "gateway.tls.certPath",
  "gateway.tls.keyPath",
  "logging.file",
  "agents.defaults.workspace",
  "agents.list.*.workspace",
  "agents.entries.*.workspace",
  "mcp.servers.*.cwd",
  "mcp.servers.*.workingDirectory",
  "secrets.providers.*.path",
  "secrets.providers.*.trustedDirs.*",
  "tools.exec.pathPrepend.*",
  "tools.mcpServers.*.cwd",
  "models.providers.*.models.*.path",
].map((key) => key.split("."));

export function replaceVariables(rawTree: unknown, { env, home, folder }: ReplaceOptions): ReplacedTree {
  const problems: { path: Path; message: string }[] = [];
  const tree = mapStrings(rawTree, (text, path) => {
    // The values of the file's own variables are literal.
    if (matchesPattern(path, ["env", "vars", "*"])) return text;
    const reportProblem = (message: string): unknown => problems.push({ path, message });
    const isSecret = isSecretPath(path);
    const value = isSecret ? substituteSecretName(text, env, reportProblem) : text;
    // A variable's own value is never searched for references.
    if (value !== text) return value;
    const replaced = substituteVariables(text, env, {
      isStrict: isSecret || isAddressPath(path),
      reportProblem,
    });
    const isPath = replaced !== "" && pathKeys.some((key) => matchesPattern(path, key));
    return isPath ? resolvePath(replaced, home, folder) : replaced;
  });
  return { tree, problems };
}
