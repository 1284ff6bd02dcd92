/** The content blocks of a messages request. */
import { z } from "zod";
import { anyObject, argumentsObject, limits, listOf, longText, shortText } from "../../limits.ts";
import { addType, optionalType } from "../older-forms.ts";

export const cacheControl = anyObject()
  .nullish()
  .describe(
    "A prompt cache breakpoint. An Anthropic-compatible provider gets it at the same place, four at most. Other providers cache by themselves.",
  );

const citations = listOf(anyObject())
  .nullish()
  .describe("Citations of an earlier reply. Accepted and ignored.");

/** Anthropic's limit. */
const toolName = z
  .string()
  .max(limits.messagesToolName)
  .regex(/^[a-zA-Z0-9_-]+$/, "must be made of letters, digits, _ and -");
const toolNameRule = `1–${limits.messagesToolName} letters, digits, \`_\` and \`-\``;
export const messagesToolName = (): z.ZodString => toolName.describe(`Its name: ${toolNameRule}.`);

const callId = shortText().min(1);

const MessagesTextBlock = z
  .object({
    type: z.literal("text").describe("Always `text`."),
    text: longText().describe("The text. An empty one is left out."),
    citations,
    cache_control: cacheControl,
  })
  .meta({ id: "MessagesTextBlock", description: "A text." });

const UntypedTextBlock = MessagesTextBlock.extend({ type: optionalType("text") })
  .transform(addType("text"))
  .meta({ id: "MessagesUntypedTextBlock", description: "A text, without `type`." });

export const MessagesTexts = listOf(
  z.union([MessagesTextBlock, UntypedTextBlock]).meta({
    id: "MessagesAnyTextBlock",
    description: "A text block.",
  }),
);

const Base64Source = z
  .object({
    type: z.literal("base64").describe("Always `base64`."),
    media_type: shortText().describe("The declared media type. The bytes decide."),
    data: longText().describe("The bytes in base64."),
  })
  .meta({ id: "MessagesBase64Source", description: "Bytes in the request." });

const UrlSource = z
  .object({
    type: z.literal("url").describe("Always `url`."),
    url: longText().describe("A public http(s) URL. It is fetched if the gateway's configuration allows it."),
  })
  .meta({ id: "MessagesUrlSource", description: "A file on the web." });

const FileSource = z
  .object({
    type: z.literal("file").describe("Always `file`."),
    file_id: shortText().describe("Id of a file of `POST /v1/files`. One that is not found is 404."),
  })
  .meta({ id: "MessagesFileSource", description: "A stored file." });

const ImageSource = z
  .discriminatedUnion("type", [Base64Source, UrlSource, FileSource])
  .meta({ id: "MessagesImageSource", description: "Where an image comes from." });

const ImageBlock = z
  .object({
    type: z.literal("image").describe("Always `image`."),
    source: ImageSource,
    cache_control: cacheControl,
  })
  .meta({
    id: "MessagesImageBlock",
    description:
      "An image for a model with vision: PNG, JPEG, GIF or WebP, detected from its bytes. Default limits of a request: 8 images, 10 MB each, 14 MB together.",
  });

const TextSource = z
  .object({
    type: z.literal("text").describe("Always `text`."),
    media_type: shortText().nullish().describe("`text/plain`."),
    data: longText().describe("The text."),
  })
  .meta({ id: "MessagesTextSource", description: "A text in the request." });

const SourcePart = z
  .discriminatedUnion("type", [MessagesTextBlock, ImageBlock])
  .meta({ id: "MessagesSourcePart", description: "A part of a document." });

const SourceContent = z
  .union([longText(), listOf(SourcePart)])
  .meta({ id: "MessagesSourceContent", description: "A text, or a list of text and image blocks." });

const ContentSource = z
  .object({ type: z.literal("content").describe("Always `content`."), content: SourceContent })
  .meta({ id: "MessagesContentSource", description: "Blocks in the request." });

const DocumentSource = z
  .discriminatedUnion("type", [Base64Source, TextSource, ContentSource, UrlSource, FileSource])
  .meta({ id: "MessagesDocumentSource", description: "Where a document comes from." });

const DocumentBlock = z
  .object({
    type: z.literal("document").describe("Always `document`."),
    source: DocumentSource,
    title: longText().nullish().describe("Its title, for the model."),
    context: longText().nullish().describe("What it is, for the model."),
    citations: anyObject().nullish().describe("Accepted and ignored: replies have no citations."),
    cache_control: cacheControl,
  })
  .meta({
    id: "MessagesDocumentBlock",
    description:
      "A document: text, Markdown, HTML, CSV, JSON or PDF, detected from its bytes. The model receives its text, marked as untrusted; of a PDF the first pages, also as images when they have little text.",
  });

const SearchResultBlock = z
  .object({
    type: z.literal("search_result").describe("Always `search_result`."),
    source: longText().describe("Where it was found."),
    title: longText().describe("Its title."),
    content: listOf(MessagesTextBlock).describe("What it says."),
    citations: anyObject().nullish().describe("Accepted and ignored: replies have no citations."),
    cache_control: cacheControl,
  })
  .meta({ id: "MessagesSearchResultBlock", description: "A search result. The model receives it as text." });

const ToolReferenceBlock = z
  .object({
    type: z.literal("tool_reference").describe("Always `tool_reference`."),
    tool_name: shortText().describe(
      "A tool of `tools` with `defer_loading`, which the model is offered now.",
    ),
    cache_control: cacheControl,
  })
  .meta({ id: "MessagesToolReferenceBlock", description: "A deferred tool that was found." });

const ToolUseBlock = z
  .object({
    type: z.literal("tool_use").describe("Always `tool_use`."),
    id: callId.describe("Id of the call."),
    name: messagesToolName(),
    input: z
      .union([argumentsObject, longText()])
      .meta({ id: "MessagesToolInput", description: "Arguments of an earlier call." })
      .nullish()
      .describe("The arguments: an object, or its JSON text. Default: an empty object."),
    cache_control: cacheControl,
  })
  .meta({ id: "MessagesToolUseBlock", description: "A call of one of your tools, in an earlier reply." });

/** A type that the gateway does not know. Known types abort here; otherwise this branch would report their errors. */
const otherBlock = (known: readonly string[]) =>
  z
    .looseObject({ type: shortText().describe("Any other type.") })
    .refine(({ type }) => !known.includes(type), { abort: true });

const resultTypes = ["text", "image", "document", "search_result", "tool_reference"] as const;

const KnownToolResultPart = z
  .discriminatedUnion("type", [
    MessagesTextBlock,
    ImageBlock,
    DocumentBlock,
    SearchResultBlock,
    ToolReferenceBlock,
  ])
  .meta({ id: "MessagesKnownToolResultPart", description: "A part of a tool's result." });

const ToolResultPart = z
  .union([
    KnownToolResultPart,
    UntypedTextBlock,
    otherBlock(resultTypes).meta({
      id: "MessagesOtherToolResultPart",
      description: "Any other part. Rejected with 400 `unsupported_value`.",
    }),
  ])
  .meta({ id: "MessagesToolResultPart", description: "A part of a tool's result." });

const ToolResultContent = z
  .union([longText(), listOf(ToolResultPart)])
  .meta({ id: "MessagesToolResultContent", description: "A text, or a list of blocks." });

const ToolResultBlock = z
  .object({
    type: z.literal("tool_result").describe("Always `tool_result`."),
    tool_use_id: callId.describe(
      "Id of the call. One that no earlier message has is 400 `unknown_tool_call_id`.",
    ),
    content: ToolResultContent.nullish().describe("What the tool returned. Default: nothing."),
    is_error: z.boolean().nullish().describe("Whether the tool failed. The model is told."),
    cache_control: cacheControl,
  })
  .meta({ id: "MessagesToolResultBlock", description: "The result of a call." });

const ThinkingBlock = z
  .object({
    type: z.literal("thinking").describe("Always `thinking`."),
    thinking: longText().describe("The text of the thinking."),
    signature: longText()
      .nullish()
      .describe(
        "As in the reply. It holds the whole thinking, encrypted, for the model that wrote it. Another server's signature, or an empty one, is ignored with its block.",
      ),
  })
  .meta({
    id: "MessagesThinkingBlock",
    description: "Thinking of an earlier reply. Send it back unchanged.",
  });

const RedactedThinkingBlock = z
  .object({
    type: z.literal("redacted_thinking").describe("Always `redacted_thinking`."),
    data: longText().describe("As in the reply."),
  })
  .meta({
    id: "MessagesRedactedThinkingBlock",
    description: "Thinking of an earlier reply without its text.",
  });

const ToolChangeBlock = z
  .object({
    type: z
      .enum(["tool_addition", "tool_removal"])
      .meta({ id: "MessagesToolChange", description: "Whether the tool is offered from here on." }),
    tool: anyObject().describe("The tool, by its `name`."),
  })
  .meta({
    id: "MessagesToolChangeBlock",
    description: "A change of the offered tools, in a `system` message.",
  });

const CompactionBlock = z
  .object({
    type: z.literal("compaction").describe("Always `compaction`."),
    content: longText().nullish().describe("The summary of all messages before it."),
    cache_control: cacheControl,
  })
  .meta({ id: "MessagesCompactionBlock", description: "A summary of an earlier reply." });

const blockTypes = [
  "text",
  "image",
  "document",
  "search_result",
  "tool_use",
  "tool_result",
  "thinking",
  "redacted_thinking",
  "tool_addition",
  "tool_removal",
  "compaction",
];

const KnownBlock = z
  .discriminatedUnion("type", [
    MessagesTextBlock,
    ImageBlock,
    DocumentBlock,
    SearchResultBlock,
    ToolUseBlock,
    ToolResultBlock,
    ThinkingBlock,
    RedactedThinkingBlock,
    ToolChangeBlock,
    CompactionBlock,
  ])
  .meta({ id: "MessagesKnownBlock", description: "A content block." });
export type KnownBlock = z.infer<typeof KnownBlock>;

export const MessagesBlock = z
  .union([
    KnownBlock,
    UntypedTextBlock,
    otherBlock(blockTypes).meta({
      id: "MessagesOtherBlock",
      description:
        "A block of another server's tools. Web search results of an earlier reply are kept as text; any other is left out of an assistant message and rejected with 400 `unsupported_value` in a user message.",
    }),
  ])
  .meta({ id: "MessagesBlock", description: "A content block." });
export type MessagesBlock = z.infer<typeof MessagesBlock>;

const blockTypeSet: ReadonlySet<string> = new Set(blockTypes);
/** TypeScript cannot express that the other type is none of the known ones. */
export const isKnownBlock = (block: MessagesBlock): block is KnownBlock => blockTypeSet.has(block.type);

export const MessagesContent = z
  .union([longText(), listOf(MessagesBlock)])
  .meta({ id: "MessagesContent", description: "A text, or a list of blocks." });
