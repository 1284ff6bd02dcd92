/** The format of the text that a response has. */
import { z } from "zod";
import { anyObject, longText, toolName, toolNameRule } from "../../limits.ts";
import { JsonObjectFormat, TextFormat } from "../shared-schemas.ts";

const JsonSchemaFormat = z
  .object({
    type: z.literal("json_schema").describe("Always `json_schema`."),
    name: toolName().nullish().describe(`A name for the schema: ${toolNameRule}. Default: \`response\`.`),
    description: longText().nullish().describe("What the JSON is for, for the model."),
    schema: anyObject().nullish().describe("JSON Schema of the text."),
    strict: z.boolean().nullish().describe("Follow `schema` exactly. Default: false."),
  })
  .meta({ id: "ResponseJsonSchemaFormat", description: "JSON that follows a schema." });

export const ResponseTextFormat = z
  .discriminatedUnion("type", [TextFormat, JsonObjectFormat, JsonSchemaFormat])
  .meta({ id: "ResponseTextFormat", description: "The format of the text." });
