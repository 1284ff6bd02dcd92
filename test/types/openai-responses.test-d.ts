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
type Request = Serialized<OpenAI.Responses.ResponseCreateParams>;
type Item = Exclude<NonNullable<Request["input"]>, string>[number];

/** A type after JSON serialization: absent instead of undefined, and no interfaces. */
type Serialized<T> = T extends string
  ? T
  : T extends readonly (infer Item)[]
    ? Serialized<Item>[]
    : T extends object
      ? { [K in keyof T]: Serialized<Exclude<T[K], undefined>> }
      : T;

/** A union of both forms, since the compiler does not accept an optional `type`. */
type Reference = { id: string; type?: "item_reference" | null };

declare const item: Exclude<Item, Reference>;
declare const request: Omit<Request, "input"> & { input: (typeof item)[] };
declare const compact: Omit<Serialized<OpenAI.Responses.ResponseCompactParams>, "input" | "model">;
declare const count: Omit<Serialized<OpenAI.Responses.InputTokenCountParams>, "input">;
declare const embed: Serialized<OpenAI.EmbeddingCreateParams>;

request satisfies z.input<Create["body"]>;
({ ...compact, model: "openclaw" }) satisfies z.input<(typeof compactResponse)["body"]>;
count satisfies z.input<(typeof countInputTokens)["body"]>;
embed satisfies z.input<(typeof createEmbedding)["body"]>;

type Reply = Serialized<ReplyOf<Create>>;
type Output = Exclude<Reply["output"][number], { type: "openclaw:tool_call" }>;

/** Fields that OpenResponses requires to be null. OpenAI sends null too; the SDK's types have none. */
type Nullable = "text" | "usage";
/** The SDK computes the first field itself. Only OpenAI sends the second. */
type UnsentFields = "output_text" | "access_programs";

/** The gateway has a code more: OpenAI knows no credential that ends before its response. */
type ReplyError = NonNullable<Reply["error"]>;
type OpenAIError = Omit<ReplyError, "code"> & { code: Exclude<ReplyError["code"], "invalid_api_key"> };

declare const reply: Omit<Reply, "output" | "error" | Nullable> & {
  error: OpenAIError | null;
};
declare const output: Output;
declare const event: Exclude<Serialized<EventOf<Create>>, { response: unknown } | { item: unknown }>;
declare const compacted: Serialized<ReplyOf<typeof compactResponse>>;
declare const items: Extract<
  Serialized<ReplyOf<typeof listInputItems>>["data"][number],
  { call_id: string; name: string }
>;

reply satisfies Omit<OpenAI.Responses.Response, "output" | Nullable | UnsentFields>;
output satisfies OpenAI.Responses.ResponseOutputItem;
event satisfies OpenAI.Responses.ResponseStreamEvent;
compacted satisfies OpenAI.Responses.CompactedResponse;
items satisfies OpenAI.Responses.ResponseItem;
