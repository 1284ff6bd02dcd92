/** Creates a tool from its name, its description for the model, its argument schema and its implementation. */
import { z } from "zod";
import { flattenIssues } from "../../lib/zod-issues.ts";
import type { JsonSchema, Tool, ToolContext, ToolOutput } from "../types.ts";

interface ToolOptions<Input extends z.ZodObject> {
  readonly name: string;
  /** For the model: what the tool does, when to use it, what it returns. */
  readonly description: string;
  readonly input: Input;
  readonly changesFiles?: true;
  run(args: z.output<Input>, context: ToolContext): Promise<ToolOutput>;
}

export function defineTool<Input extends z.ZodObject>(options: ToolOptions<Input>): Tool {
  const { name, description, input, changesFiles } = options;
  const { $schema: _, ...parameters } = z.toJSONSchema(input, { io: "input" }) as JsonSchema;
  return {
    name,
    description,
    parameters,
    changesFiles,
    check(args) {
      const parsed = input.safeParse(args, { reportInput: true });
      return parsed.success ? [] : flattenIssues(parsed.error);
    },
    run: (args, context) => options.run(input.parse(args), context),
  };
}

/** Returns a result that is one text. */
export function textResult(text: string, details?: ToolOutput["details"]): ToolOutput {
  return { content: [{ type: "text", text }], isError: false, details };
}

/** Returns an error result. The model reads the text and can try another way. */
export function errorResult(text: string, details?: ToolOutput["details"]): ToolOutput {
  return { content: [{ type: "text", text }], isError: true, details };
}
