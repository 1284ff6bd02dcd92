/** The messages of a chat request by role, and their content parts. */
import { z } from "zod";
import { anyObject, limits, listOf, longText, shortText } from "../../limits.ts";
import { ImageDetail } from "../shared-schemas.ts";
import { addType, optionalType, callArguments } from "../older-forms.ts";
import { CustomToolCall, FunctionToolCall, reasoningDetails, reasoningDetailsDescription } from "./tools.ts";

const cacheBreakpoint = anyObject()
  .nullish()
  .describe("OpenAI's prompt cache breakpoint. Accepted and ignored.");

const TextPart = z
  .object({
    type: z.literal("text").describe("Always `text`."),
    text: longText().describe("The text."),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({ id: "ChatTextPart", description: "A text part." });

const UntypedTextPart = TextPart.extend({ type: optionalType("text") })
  .transform(addType("text"))
  .meta({ id: "ChatUntypedTextPart", description: "A text part without `type`." });

const ImagePart = z
  .object({
    type: z.literal("image_url").describe("Always `image_url`."),
    image_url: z
      .union([
        longText(),
        z
          .object({
            url: longText().describe(
              "The image as a base64 `data:` URL: PNG, JPEG, GIF or WebP, detected from its bytes. Default limits of a request: 8 images, 10 MB each, 14 MB together. A public http(s) URL is fetched if the gateway's configuration allows it. Anything else is 400, and the message names the part and the rule.",
            ),
            detail: ImageDetail.nullish().describe(
              "Level of detail for the model. A hint. `original` is treated as `high`.",
            ),
          })
          .meta({ id: "ChatImageUrl", description: "The image." }),
      ])
      .meta({ id: "ChatImage", description: "The image, or its URL alone." }),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({ id: "ChatImagePart", description: "An image for a model with vision." });

const UntypedImagePart = ImagePart.extend({ type: optionalType("image_url") })
  .transform(addType("image_url"))
  .meta({ id: "ChatUntypedImagePart", description: "An image without `type`, as clients of vLLM send it." });

const AudioPart = z
  .object({
    type: z.literal("input_audio").describe("Always `input_audio`."),
    input_audio: z
      .object({
        data: longText().describe("The audio in base64."),
        format: z
          .enum(["wav", "mp3"])
          .meta({ id: "ChatInputAudioFormat", description: "Format of the audio." }),
      })
      .meta({ id: "ChatInputAudio", description: "The audio." }),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({ id: "ChatAudioPart", description: "Audio. Rejected with 400 `unsupported_value`." });

const FilePart = z
  .object({
    type: z.literal("file").describe("Always `file`."),
    file: z
      .object({
        file_data: longText()
          .nullish()
          .describe(
            "The file as a base64 `data:` URL or as base64: text, Markdown, HTML, CSV, JSON (UTF-8) or PDF, detected from its bytes. Default limits of a request: 8 files, 5 MB each. A public http(s) URL is fetched if the gateway's configuration allows it. An image counts as an image.",
          ),
        file_id: shortText()
          .nullish()
          .describe(
            "Id of a file of `POST /v1/files`, instead of `file_data`. One that is not found is 404 `file_not_found`.",
          ),
        filename: shortText().nullish().describe("Name of the file. The model receives it."),
      })
      .meta({ id: "ChatFile", description: "The file." }),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({
    id: "ChatFilePart",
    description:
      "A document. The model receives its text, marked as untrusted and cut to 200000 characters. Of a PDF it receives the first pages, also as images when they have little text.",
  });

const RefusalPart = z
  .object({
    type: z.literal("refusal").describe("Always `refusal`."),
    refusal: longText().describe("The text of the refusal."),
  })
  .meta({ id: "ChatRefusalPart", description: "A refusal in an earlier turn." });

const UserPart = z
  .union([
    z.discriminatedUnion("type", [TextPart, ImagePart, AudioPart, FilePart]),
    UntypedTextPart,
    UntypedImagePart,
  ])
  .meta({ id: "ChatUserPart", description: "A part of a message of the user." });

const AssistantPart = z
  .union([z.discriminatedUnion("type", [TextPart, RefusalPart]), UntypedTextPart])
  .meta({ id: "ChatAssistantPart", description: "A part of an earlier reply." });

const AnyTextPart = z
  .union([TextPart, UntypedTextPart])
  .meta({ id: "ChatAnyTextPart", description: "A text part." });

export const TextContent = z
  .union([longText(), listOf(AnyTextPart)])
  .meta({ id: "ChatTextContent", description: "A text, or a list of text parts." });

const UserContent = z.union([longText(), listOf(UserPart)]).meta({
  id: "ChatUserContent",
  description: "A text, or a list of text, image and file parts in any order.",
});

const AssistantContent = z
  .union([longText(), listOf(AssistantPart)])
  .meta({ id: "ChatAssistantContent", description: "A text, or a list of parts." });

const name = shortText()
  .nullish()
  .describe("Name of the participant, to distinguish participants of the same role. A hint for the model.");

const instructions =
  "A text or a list of text parts. It applies to this run only, after the agent's own instructions, and is not stored.";

const DeveloperMessage = z
  .object({
    role: z.literal("developer").describe("Always `developer`."),
    content: TextContent.describe(instructions),
    name,
  })
  .meta({ id: "ChatDeveloperMessage", description: "Instructions for this run." });

const SystemMessage = z
  .object({
    role: z.literal("system").describe("Always `system`."),
    content: TextContent.describe(instructions),
    name,
  })
  .meta({ id: "ChatSystemMessage", description: "Instructions for this run; the same as `developer`." });

const UserMessage = z
  .object({
    role: z.literal("user").describe("Always `user`."),
    content: UserContent,
    name,
  })
  .meta({ id: "ChatUserMessage", description: "A message of the user." });

const AudioReference = z
  .object({ id: shortText().describe("Id of the earlier audio.") })
  .meta({ id: "ChatAudioReference", description: "An earlier audio reply." });

const EarlierFunction = z
  .object({ name: shortText().describe("The function's name."), arguments: callArguments })
  .meta({ id: "ChatEarlierFunctionCall", description: "A function and its arguments." });

const EarlierFunctionToolCall = FunctionToolCall.extend({
  function: EarlierFunction.describe("The function that was called."),
}).meta({ id: "ChatEarlierFunctionToolCall", description: "A call of a function in an earlier reply." });

const UntypedToolCall = EarlierFunctionToolCall.extend({ type: optionalType("function") })
  .transform(addType("function"))
  .meta({
    id: "ChatUntypedToolCall",
    description: "A call of a function in an earlier reply, without `type`.",
  });

const EarlierToolCall = z
  .union([z.discriminatedUnion("type", [EarlierFunctionToolCall, CustomToolCall]), UntypedToolCall])
  .meta({ id: "ChatEarlierToolCall", description: "A call of a tool of the caller in an earlier reply." });

const AssistantMessage = z
  .object({
    role: z.literal("assistant").describe("Always `assistant`."),
    content: AssistantContent.nullish().describe(
      "The agent's reply: a text, a list of parts, or null with tool calls.",
    ),
    refusal: longText().nullish().describe("The refusal of this message."),
    reasoning_content: longText()
      .nullish()
      .describe(
        "The thinking of the reply. With tool calls it goes back to the model, otherwise it is ignored.",
      ),
    reasoning_details: reasoningDetails.nullish().describe(reasoningDetailsDescription),
    name,
    audio: AudioReference.nullish().describe(
      "An earlier audio reply. Rejected with 400 `unsupported_value`.",
    ),
    tool_calls: z
      .array(EarlierToolCall)
      .max(limits.tools)
      .nullish()
      .describe("Tool calls. The `tool` messages after this one answer them."),
    function_call: EarlierFunction.nullish().describe(
      "Deprecated form of `tool_calls`. Rejected with 400 `unsupported_value`.",
    ),
  })
  .meta({ id: "ChatAssistantMessage", description: "An earlier reply of the agent, unchanged." });

const ToolMessage = z
  .object({
    role: z.literal("tool").describe("Always `tool`."),
    content: TextContent.nullish().describe("What the tool returned, as text. Default: nothing."),
    tool_call_id: shortText().describe(
      "Id of the call that this message answers. An unknown id is 400 `unknown_tool_call_id`.",
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
    description: "Deprecated form of a `tool` message. Rejected with 400 `unsupported_value`.",
  });

export const ChatMessage = z
  .discriminatedUnion("role", [
    DeveloperMessage,
    SystemMessage,
    UserMessage,
    AssistantMessage,
    ToolMessage,
    FunctionMessage,
  ])
  .meta({ id: "ChatMessage", description: "A message of a conversation." });
export type ChatMessage = z.infer<typeof ChatMessage>;
