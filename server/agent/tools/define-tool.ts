/** A tool out of its name, its description for the model, the schema of its arguments and what it does. */
import { z } from "zod";
import { flattenIssues } from "../../issues.ts";
import type { JsonSchema, Tool, ToolContext, ToolOutput } from "../types.ts";

interface ToolParts<Input extends z.ZodObject> {
  readonly name: string;
  /** Written for a model: what it does, when to use it, what comes back. */
  readonly description: string;
  readonly input: Input;
  run(args: z.output<Input>, context: ToolContext): Promise<ToolOutput>;
}

export function defineTool<Input extends z.ZodObject>(parts: ToolParts<Input>): Tool {
  const { name, description, input } = parts;
  const { $schema: _, ...parameters } = z.toJSONSchema(input, { io: "input" }) as JsonSchema;
  return {
    name,
    description,
    parameters,
    check(args) {
      const parsed = input.safeParse(args, { reportInput: true });
      return parsed.success ? [] : flattenIssues(parsed.error);
    },
    run: (args, context) => parts.run(input.parse(args), context),
  };
}

/** A result of text alone. */
export function said(text: string, details?: ToolOutput["details"]): ToolOutput {
  return { content: [{ type: "text", text }], isError: false, details };
}

/** A failure that the model is told, so that it can do better. */
export function failed(text: string, details?: ToolOutput["details"]): ToolOutput {
  return { content: [{ type: "text", text }], isError: true, details };
}
