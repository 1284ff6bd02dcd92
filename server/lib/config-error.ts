/** The error for an invalid configuration. It carries every issue, not only the first. */

export interface ConfigIssue {
  /** Dotted; empty for an issue of the whole file. */
  readonly path: string;
  readonly message: string;
}

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly file: string;
  readonly issues: readonly ConfigIssue[];

  constructor(file: string, issues: readonly ConfigIssue[]) {
    super(
      `Invalid configuration in ${file}:\n${issues.map((issue) => `  ${formatIssue(issue)}`).join("\n")}`,
    );
    this.file = file;
    this.issues = issues;
  }
}

export function formatIssue({ path, message }: ConfigIssue): string {
  return path === "" ? message : `${path}: ${message}`;
}
