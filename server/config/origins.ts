/** Where the values of the configuration come from: the lines of the file, and the variables that they name. */
import { readSpans, type ValueSpan } from "./edit-json5.ts";
import { formatPath, type Path } from "./tree.ts";

export interface Origin {
  /** Dotted name of the setting. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** Environment variables that the value names. */
  readonly variables: readonly string[];
}

const variablePattern = /(?<!\$)\$\{([A-Z_][A-Z0-9_]*)\}/g;

/** Every value of the file that has no members. Settings that it lacks have their defaults. */
export function listOrigins(text: string): readonly Origin[] {
  if (text.trim() === "") return [];
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const findLine = (position: number): number => lineStarts.findLastIndex((start) => start <= position) + 1;
  const visit = ({ members = [], start, end }: ValueSpan, path: Path): readonly Origin[] => {
    if (members.length > 0) return members.flatMap((member) => visit(member.value, [...path, member.key]));
    const variables = [...text.slice(start, end).matchAll(variablePattern)].map(([, name = ""]) => name);
    return [{ path: formatPath(path), line: findLine(start), variables }];
  };
  return visit(readSpans(text), []);
}
