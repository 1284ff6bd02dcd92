/** The conversation as a caller sends it: messages by role, and the parts of their content. */
import { z } from "zod";
import { anyObject, limits, listOf, longText, shortText } from "../../limits.ts";
import { FunctionCall, ToolCall } from "./tools.ts";

const cacheBreakpoint = anyObject()
  .nullish()
  .describe("Where OpenAI's prompt cache may end. Accepted and ignored.");

const TextPart = z
  .object({
    type: z.literal("text").describe("Always `text`."),
    text: longText().describe("The text."),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({ id: "ChatTextPart", description: "A piece of text." });

const ImagePart = z
  .object({
    type: z.literal("image_url").describe("Always `image_url`."),
    image_url: z
      .object({
        url: longText().describe(
          "The image as a `data:` URL in base64: PNG, JPEG, GIF or WebP, told by its bytes; up to 8 of 10 MB in a request, 14 MB together, unless the gateway is set otherwise. An http(s) address is fetched where the gateway allows it, public ones only. Anything else is 400, and the message names the part and the rule.",
        ),
        detail: z
          .enum(["auto", "low", "high", "original"])
          .nullish()
          .describe("How closely the model looks: a hint. `original` counts as `high`."),
      })
      .describe("The image."),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({ id: "ChatImagePart", description: "A picture for a model that can see." });

const AudioPart = z
  .object({
    type: z.literal("input_audio").describe("Always `input_audio`."),
    input_audio: z
      .object({
        data: longText().describe("The sound in base64."),
        format: z.enum(["wav", "mp3"]).describe("How it is encoded."),
      })
      .describe("The sound."),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({ id: "ChatAudioPart", description: "Sound. Refused with 400 `unsupported_value`." });

const FilePart = z
  .object({
    type: z.literal("file").describe("Always `file`."),
    file: z
      .object({
        file_data: longText()
          .nullish()
          .describe(
            "The file as a `data:` URL in base64, or the base64 alone: text, Markdown, HTML, CSV, JSON (UTF-8) or PDF, told by its bytes; up to 8 of 5 MB in a request, unless the gateway is set otherwise. An http(s) address is fetched where the gateway allows it, public ones only. An image counts as an image.",
          ),
        file_id: shortText()
          .nullish()
          .describe("Id of an uploaded file. Refused with 400 `unsupported_value`: there are no uploads."),
        filename: shortText().nullish().describe("Its name, which the model is told."),
      })
      .describe("The file."),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({
    id: "ChatFilePart",
    description:
      "A document. The model is given its text, marked as content from outside and cut to 200000 characters; of a PDF the first pages, as pictures too where there is little text.",
  });

const RefusalPart = z
  .object({
    type: z.literal("refusal").describe("Always `refusal`."),
    refusal: longText().describe("Why the model would not answer."),
  })
  .meta({ id: "ChatRefusalPart", description: "A refusal of an earlier turn." });

const UserPart = z.discriminatedUnion("type", [TextPart, ImagePart, AudioPart, FilePart]);
const AssistantPart = z.discriminatedUnion("type", [TextPart, RefusalPart]);

export const textContent = z.union([longText(), listOf(TextPart)]);

const name = shortText()
  .nullish()
  .describe("Who speaks, to tell several people of one role apart. A hint for the model.");

const instructions =
  "Text, whole or in parts. It applies to this run alone, after the agent's own instructions, and is not stored with the conversation.";

const DeveloperMessage = z
  .object({
    role: z.literal("developer").describe("Always `developer`."),
    content: textContent.describe(instructions),
    name,
  })
  .meta({ id: "ChatDeveloperMessage", description: "Instructions for this run." });

const SystemMessage = z
  .object({
    role: z.literal("system").describe("Always `system`."),
    content: textContent.describe(instructions),
    name,
  })
  .meta({ id: "ChatSystemMessage", description: "Instructions for this run; the same as `developer`." });

const UserMessage = z
  .object({
    role: z.literal("user").describe("Always `user`."),
    content: z
      .union([longText(), listOf(UserPart)])
      .describe("Text, or parts: text, pictures and files in any order."),
    name,
  })
  .meta({ id: "ChatUserMessage", description: "What a person says." });

const AssistantMessage = z
  .object({
    role: z.literal("assistant").describe("Always `assistant`."),
    content: z
      .union([longText(), listOf(AssistantPart)])
      .nullish()
      .describe("What the agent said: text, parts, or nothing beside tool calls."),
    refusal: longText().nullish().describe("Why it would not answer."),
    reasoning_content: longText()
      .nullish()
      .describe("The thinking that came with the reply. Accepted and ignored."),
    name,
    audio: z
      .object({ id: shortText().describe("Id of the earlier sound.") })
      .nullish()
      .describe("An earlier spoken reply. Refused with 400 `unsupported_value`."),
    tool_calls: z
      .array(ToolCall)
      .max(limits.tools)
      .nullish()
      .describe("The calls that the `tool` messages after this one answer."),
    function_call: FunctionCall.nullish().describe(
      "Older form of `tool_calls`. Refused with 400 `unsupported_value`.",
    ),
  })
  .meta({ id: "ChatAssistantMessage", description: "What the agent said before, sent back as it was." });

const ToolMessage = z
  .object({
    role: z.literal("tool").describe("Always `tool`."),
    content: textContent.describe("What the tool returned, as text."),
    tool_call_id: shortText().describe(
      "Id of the call that this answers. A call that the conversation does not have is 400 `unknown_tool_call_id`.",
    ),
  })
  .meta({ id: "ChatToolMessage", description: "The result of a tool that the caller ran." });

const FunctionMessage = z
  .object({
    role: z.literal("function").describe("Always `function`."),
    content: longText().nullish().describe("What the function returned."),
    name: shortText().describe("The function's name."),
  })
  .meta({
    id: "ChatFunctionMessage",
    description: "Older form of a `tool` message. Refused with 400 `unsupported_value`.",
  });

export const ChatMessage = z.discriminatedUnion("role", [
  DeveloperMessage,
  SystemMessage,
  UserMessage,
  AssistantMessage,
  ToolMessage,
  FunctionMessage,
]);
export type ChatMessage = z.infer<typeof ChatMessage>;
