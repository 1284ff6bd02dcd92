/** Prints JSON values as literals of JavaScript and Python, in lines of readable length. */

/** An expression of the language, which is printed as it is. */
export class Expression {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

interface Syntax {
  readonly key: (name: string) => string;
  readonly constants: Readonly<Record<"true" | "false" | "null", string>>;
  readonly indent: string;
}

const javascript: Syntax = {
  key: (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)),
  constants: { true: "true", false: "false", null: "null" },
  indent: "  ",
};

const python: Syntax = {
  key: (name) => JSON.stringify(name),
  constants: { true: "True", false: "False", null: "None" },
  indent: "    ",
};

const lineWidth = 72;

export const printJavaScript = (value: unknown): string => print(value, javascript, "");

/** `depth` is the number of indents of the line that the literal begins in. */
export const printPython = (value: unknown, depth: number): string =>
  print(value, python, python.indent.repeat(depth));

function print(value: unknown, syntax: Syntax, indent: string): string {
  if (value instanceof Expression) return value.source;
  if (typeof value !== "object" || value === null) {
    const text = JSON.stringify(value);
    return syntax.constants[text as keyof Syntax["constants"]] ?? text;
  }
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const printParts = (inner: string): readonly string[] =>
    Array.isArray(value)
      ? value.map((item) => print(item, syntax, inner))
      : Object.entries(value).map(([key, part]) => `${syntax.key(key)}: ${print(part, syntax, inner)}`);
  const padding = open === "{" && syntax === javascript ? " " : "";
  const line = `${open}${padding}${printParts(indent).join(", ")}${padding}${close}`;
  if (!line.includes("\n") && indent.length + line.length <= lineWidth) return line;
  const inner = indent + syntax.indent;
  const lines = printParts(inner).map((part) => `${inner}${part},\n`);
  return `${open}\n${lines.join("")}${indent}${close}`;
}
