/** Reads the log lines of runs. Every run writes one. */

export interface RunLine {
  readonly outcome: string;
  readonly agent: string;
  readonly model: string;
  readonly requestId: string;
  readonly sessionKey?: string;
  readonly clientSession?: string;
  readonly inputTokens?: number;
}

/** `lines` may be any output. Lines of other kinds are skipped. */
export function readRunLines(lines: readonly string[]): readonly RunLine[] {
  return lines
    .flatMap((line) => line.split("\n"))
    .filter((line) => line.startsWith("{") && line.includes('"message":"run"'))
    .map((line) => JSON.parse(line) as RunLine);
}

export const readOutcomes = (lines: readonly string[]): readonly string[] =>
  readRunLines(lines).map(({ outcome }) => outcome);
