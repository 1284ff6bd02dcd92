// Checked by the compiler, never run: the contract takes what OpenAI's SDK sends and sends what it takes.
import type OpenAI from "openai";
import type { z } from "zod";
import type { EventOf, ReplyOf } from "../../contracts/endpoint.ts";
import type { createEmbedding } from "../../contracts/http/embeddings.ts";
import type { compactResponse } from "../../contracts/http/responses/compact.ts";
import type { createResponse } from "../../contracts/http/responses/endpoint.ts";
import type { listInputItems } from "../../contracts/http/responses/input-items.ts";
import type { countInputTokens } from "../../contracts/http/responses/input-tokens.ts";

type Create = typeof createResponse;
type Request = SentRequest<OpenAI.Responses.ResponseCreateParams>;
type Item = Exclude<NonNullable<Request["input"]>, string>[number];

/** A type as it is after the trip through JSON: absent, never undefined; no interfaces. */
type SentRequest<T> = T extends string
  ? T
  : T extends readonly (infer Item)[]
    ? SentRequest<Item>[]
    : T extends object
      ? { [K in keyof T]: SentRequest<Exclude<T[K], undefined>> }
      : T;

/** With the type or without it, but to the compiler not with a type that may be absent. */
type Reference = { id: string; type?: "item_reference" | null };

declare const item: Exclude<Item, Reference>;
declare const request: Omit<Request, "input"> & { input: (typeof item)[] };
declare const compact: Omit<SentRequest<OpenAI.Responses.ResponseCompactParams>, "input" | "model">;
declare const count: Omit<SentRequest<OpenAI.Responses.InputTokenCountParams>, "input">;
declare const embed: SentRequest<OpenAI.EmbeddingCreateParams>;

request satisfies z.input<Create["body"]>;
({ ...compact, model: "openclaw" }) satisfies z.input<(typeof compactResponse)["body"]>;
count satisfies z.input<(typeof countInputTokens)["body"]>;
embed satisfies z.input<(typeof createEmbedding)["body"]>;

type Reply = SentRequest<ReplyOf<Create>>;
type Output = Exclude<Reply["output"][number], { type: "openclaw:tool_call" }>;

/** Null where the SDK's types have none: OpenResponses demands it, and OpenAI sends it too. */
type Nullable = "text" | "usage";
/** The SDK makes the first itself; the second is OpenAI's own. */
type UnsentFields = "output_text" | "access_programs";

declare const reply: Omit<Reply, "output" | Nullable>;
declare const output: Output;
declare const event: Exclude<SentRequest<EventOf<Create>>, { response: unknown } | { item: unknown }>;
declare const compacted: SentRequest<ReplyOf<typeof compactResponse>>;
declare const items: Extract<
  SentRequest<ReplyOf<typeof listInputItems>>["data"][number],
  { call_id: string; name: string }
>;

reply satisfies Omit<OpenAI.Responses.Response, "output" | Nullable | UnsentFields>;
output satisfies OpenAI.Responses.ResponseOutputItem;
event satisfies OpenAI.Responses.ResponseStreamEvent;
compacted satisfies OpenAI.Responses.CompactedResponse;
items satisfies OpenAI.Responses.ResponseItem;
