/** What a check found. `doctor` and `security audit` print findings and have the same exit codes for them. */
import type { Io } from "../io.ts";

export interface Finding {
  readonly checkId: string;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  /** The file, folder or key that it is about. */
  readonly path?: string;
  /** What to do. */
  readonly fixHint?: string;
}

export const needsAction = ({ severity }: Finding): boolean => severity !== "info";

export function printFindings(findings: readonly Finding[], { terminal, out }: Io): void {
  const marks = { error: "✗", warning: "!", info: "·" } as const;
  const styles = { error: "red", warning: "yellow", info: "dim" } as const;
  for (const { severity, message, fixHint } of findings) {
    const mark = marks[severity];
    out(`${mark} ${message}`);
    if (fixHint !== undefined) {
      if (terminal === undefined) out(`  ${fixHint}`);
      else terminal.write(`${terminal.style(styles[severity], `  ${fixHint}`)}\n`);
    }
  }
}
