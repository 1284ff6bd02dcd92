/** A configuration that cannot be used: everything that is wrong with it, at once. */
import type { Path } from "./tree.ts";

export interface ConfigIssue {
  /** Dotted; empty when the file as a whole is at fault. */
  readonly path: string;
  readonly message: string;
}

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly file: string;
  readonly issues: readonly ConfigIssue[];

  constructor(file: string, issues: readonly ConfigIssue[]) {
    super(`Invalid configuration in ${file}:\n${issues.map((issue) => `  ${issueLine(issue)}`).join("\n")}`);
    this.file = file;
    this.issues = issues;
  }
}

function issueLine({ path, message }: ConfigIssue): string {
  return path === "" ? message : `${path}: ${message}`;
}

/** `agents.list.0.model`. A part that would blur the line is quoted, a long one cut. */
export function dotted(path: Path): string {
  return path
    .map((part) => {
      const text = String(part);
      const short = text.length > 64 ? `${text.slice(0, 63)}…` : text;
      return /^[^\s\p{C}]+$/u.test(short) ? short : JSON.stringify(short);
    })
    .join(".");
}
