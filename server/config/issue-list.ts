/** Collects what is wrong with a configuration file, at the places where the file has it. */
import { ConfigError, type ConfigIssue } from "../lib/config-error.ts";
import { formatPath, type Path, type Report } from "./tree.ts";

export interface IssueList {
  readonly report: Report;
  readonly warn: Report;
  /** Issues at `to` and below are reported at `from`, where the file has the value. */
  readonly trackMove: (from: Path, to: Path) => void;
  readonly count: () => number;
  /** Throws one error with all issues. */
  readonly throwIfAny: () => void;
  readonly listWarnings: () => readonly string[];
}

export function createIssueList(file: string): IssueList {
  const issues = new Map<string, ConfigIssue>();
  const warnings = new Set<string>();
  const moves: { readonly from: Path; readonly to: Path }[] = [];

  const locate = (path: Path): string => {
    const move = moves.find(({ to }) => to.every((part, index) => part === path[index]));
    return formatPath(move === undefined ? path : [...move.from, ...path.slice(move.to.length)]);
  };
  return {
    /** Keeps the first issue of each path: later ones usually follow from it. */
    report(path, message) {
      const place = locate(path);
      if (!issues.has(place)) issues.set(place, { path: place, message });
    },
    warn: (path, message) => warnings.add(path.length === 0 ? message : `${locate(path)}: ${message}`),
    trackMove: (from, to) => moves.push({ from, to }),
    count: () => issues.size,
    throwIfAny() {
      if (issues.size > 0) throw new ConfigError(file, [...issues.values()]);
    },
    listWarnings: () => [...warnings],
  };
}
