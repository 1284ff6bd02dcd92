/** The content parts of messages and tool outputs. */
import { z } from "zod";
import { anyObject, listOf, longText, shortText } from "../../limits.ts";
import { ImageDetail } from "../shared-schemas.ts";

const AttachmentSource = z
  .discriminatedUnion("type", [
    z
      .object({
        type: z.literal("url").describe("Always `url`."),
        url: longText().describe("An http(s) address."),
      })
      .meta({ id: "ResponseUrlSource", description: "An address." }),
    z
      .object({
        type: z.literal("base64").describe("Always `base64`."),
        media_type: shortText().describe("MIME type. The gateway detects the type from the bytes."),
        data: longText().describe("The bytes in base64."),
        filename: shortText().nullish().describe("Its name."),
      })
      .meta({ id: "ResponseBase64Source", description: "The bytes themselves." }),
  ])
  .meta({ id: "ResponseAttachmentSource", description: "Where an image or a file comes from." });

const source = AttachmentSource.nullish().describe(
  "OpenClaw's form of the source, instead of the other fields.",
);

const fileId = shortText()
  .nullish()
  .describe(
    "Id of a file of `POST /v1/files`, instead of its content. One that is not found is 404 `file_not_found`.",
  );

const InputText = z
  .object({
    type: z.literal("input_text").describe("Always `input_text`."),
    text: longText().describe("The text."),
  })
  .meta({ id: "ResponseInputText", description: "Text." });

const InputImage = z
  .object({
    type: z.literal("input_image").describe("Always `input_image`."),
    image_url: longText()
      .nullish()
      .describe(
        "The image as a `data:` URL in base64, or an http(s) address where the gateway may fetch it. PNG, JPEG, GIF or WebP, detected from the bytes.",
      ),
    file_id: fileId,
    source,
    detail: ImageDetail.nullish().describe(
      "Resolution at which the model sees the image: a hint. `original` counts as `high`.",
    ),
  })
  .meta({ id: "ResponseInputImage", description: "An image, for models that accept images." });

const InputFile = z
  .object({
    type: z.literal("input_file").describe("Always `input_file`."),
    filename: shortText().nullish().describe("File name, for the model."),
    file_data: longText().nullish().describe("The file as a `data:` URL in base64, or its base64 alone."),
    file_url: longText().nullish().describe("An http(s) address, where the gateway may fetch it."),
    file_id: fileId,
    source,
  })
  .meta({
    id: "ResponseInputFile",
    description: "A document: text, Markdown, HTML, CSV, JSON or PDF. The model receives its text.",
  });

const InputAudio = z
  .object({
    type: z.literal("input_audio").describe("Always `input_audio`."),
    input_audio: anyObject().describe("The audio."),
  })
  .meta({ id: "ResponseInputAudio", description: "Audio. Rejected with 400 `unsupported_value`." });

const InputVideo = z
  .object({
    type: z.literal("input_video").describe("Always `input_video`."),
    video_url: longText().describe("Address of the video."),
  })
  .meta({ id: "ResponseInputVideo", description: "Video. Rejected with 400 `unsupported_value`." });

const PreviousText = z
  .object({
    type: z.literal("output_text").describe("Always `output_text`."),
    text: longText().describe("The text."),
    annotations: listOf(anyObject()).nullish().describe("Accepted and ignored."),
    logprobs: listOf(anyObject()).nullish().describe("Accepted and ignored."),
  })
  .meta({ id: "ResponseEarlierText", description: "Text of an earlier response." });

const refusal = {
  type: z.literal("refusal").describe("Always `refusal`."),
  refusal: longText().describe("The model's explanation."),
} as const;

const Refusal = z
  .object(refusal)
  .meta({ id: "ResponseRefusal", description: "The model refuses to answer." });

/** The parts of a message. The parser checks which parts a role may have. */
export const MessagePart = z
  .discriminatedUnion("type", [
    InputText,
    InputImage,
    InputFile,
    InputAudio,
    InputVideo,
    PreviousText,
    Refusal,
  ])
  .meta({ id: "ResponseMessagePart", description: "A part of a message." });
export type MessagePart = z.infer<typeof MessagePart>;

/** The parts of a tool output. */
export const ToolResultPart = z
  .discriminatedUnion("type", [InputText, InputImage, InputFile, InputAudio, InputVideo])
  .meta({ id: "ResponseToolOutputPart", description: "A part of a tool's output." });

export const UrlCitation = z
  .object({
    type: z.literal("url_citation").describe("Always `url_citation`."),
    url: longText().describe("Address of the page."),
    title: longText().describe("Title of the page."),
    start_index: z.int().min(0).describe("Index of the first character of the cited text."),
    end_index: z.int().min(0).describe("Index of the last character."),
  })
  .meta({ id: "ResponseUrlCitation", description: "A page that the text cites." });

const logprob = {
  token: longText().describe("The token."),
  logprob: z.number().describe("Its log probability."),
  bytes: z.array(z.int().min(0).max(255)).max(1_000).describe("Its UTF-8 bytes."),
} as const;

const TopLogprob = z
  .object(logprob)
  .meta({ id: "ResponseTopLogprob", description: "A token and its log probability." });

export const Logprobs = listOf(
  z
    .object({
      ...logprob,
      top_logprobs: z.array(TopLogprob).max(20).describe("The most likely tokens at this position."),
    })
    .meta({ id: "ResponseTokenLogprob", description: "The log probabilities at one position." }),
).describe("Token probabilities. Always empty: a request for them is rejected.");

const OutputText = z
  .object({
    type: z.literal("output_text").describe("Always `output_text`."),
    text: longText().describe("The text."),
    annotations: listOf(UrlCitation).describe("Citations. Always empty."),
    logprobs: Logprobs,
  })
  .meta({ id: "ResponseOutputText", description: "Text of the response." });

export const OutputPart = z
  .discriminatedUnion("type", [OutputText, Refusal])
  .meta({ id: "ResponseOutputPart", description: "A part of a message of the agent." });
export type OutputPart = z.infer<typeof OutputPart>;

export const SummaryText = z
  .object({
    type: z.literal("summary_text").describe("Always `summary_text`."),
    text: longText().describe("The reasoning."),
  })
  .meta({ id: "ResponseSummaryText", description: "The model's reasoning, as text." });

export const ReasoningText = z
  .object({
    type: z.literal("reasoning_text").describe("Always `reasoning_text`."),
    text: longText().describe("The reasoning."),
  })
  .meta({ id: "ResponseReasoningText", description: "Raw reasoning of an earlier response." });
