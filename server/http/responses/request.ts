/** A responses request in the words of a run; what cannot be honoured is refused by name. */
import type { InputItem } from "../../../contracts/http/responses/items.ts";
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import type { AssistantTurn, ResponseFormat, Run } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";
import type { UnreadTurn } from "../../attachments/unread.ts";
import { readItem, type Piece, type Unseal } from "./items.ts";
import type { GivenItem } from "./references.ts";
import { readResponseTools, type ResponseTools } from "./tools.ts";

type AskedOfRun = Pick<
  Run,
  | "instructions"
  | "turnsParam"
  | "turnParams"
  | "toolChoice"
  | "parallelToolCalls"
  | "responseFormat"
  | "sampling"
  | "maxOutputTokens"
  | "maxToolCalls"
  | "truncation"
  | "stop"
  | "thinking"
  | "stream"
>;

export interface AskedResponse extends AskedOfRun {
  /** Those of its instructions that stand among the messages. */
  readonly given: readonly string[];
  readonly turns: readonly UnreadTurn[];
  readonly tools: ResponseTools;
}

/** The input as items; throws a 400 when there is none. */
export function inputItems(input: ResponseRequest["input"]): readonly InputItem[] {
  if (input === null || input === undefined)
    throw new GatewayError("missing_required_parameter", "input: is required", { param: "input" });
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  if (input.length === 0) throw invalid("input", "must not be empty");
  return input;
}

/** `items` are those of the body's input, none of them a reference any more. */
export function readResponseRequest(
  body: ResponseRequest,
  items: readonly GivenItem[],
  unseal: Unseal,
): AskedResponse {
  refuseWhatCannotBe(body);
  const tools = readResponseTools(body);
  // A text is no list: errors name the whole.
  const params = items.map((_, index) => (typeof body.input === "string" ? "input" : `input[${index}]`));
  const pieces = items.map((item, index) => readItem(item, params[index] ?? "input", unseal));
  const conversation = joinPieces(pieces, params);
  const effort = body.reasoning?.effort ?? undefined;
  return {
    tools,
    ...conversation,
    instructions: joinInstructions([body.instructions ?? "", ...conversation.given]),
    turnsParam: "input",
    toolChoice: tools.choice,
    parallelToolCalls: body.parallel_tool_calls ?? true,
    responseFormat: responseFormat(body.text?.format),
    sampling: {
      temperature: body.temperature ?? undefined,
      topP: body.top_p ?? undefined,
      frequencyPenalty: body.frequency_penalty ?? undefined,
      presencePenalty: body.presence_penalty ?? undefined,
    },
    maxOutputTokens: body.max_output_tokens ?? undefined,
    maxToolCalls: body.max_tool_calls ?? undefined,
    truncation: body.truncation ?? undefined,
    stop: [],
    thinking: effort === "none" ? "off" : effort,
    // In the background somebody may follow it later.
    stream: body.stream === true || body.background === true,
  };
}

/** What would change the answer's shape is an error: to ignore it in silence would be worse. */
function refuseWhatCannotBe(body: ResponseRequest): void {
  if (body.conversation)
    throw unsupported("conversation", "send x-openclaw-session-key or previous_response_id instead");
  if (body.prompt) throw unsupported("prompt", "write it into instructions, or into the agent's own");
  if ((body.top_logprobs ?? 0) > 0)
    throw unsupported("top_logprobs", "token probabilities are not available");
  const logprobs = body.include?.indexOf("message.output_text.logprobs") ?? -1;
  if (logprobs >= 0) throw unsupported(`include[${logprobs}]`, "token probabilities are not available");
  if (body.background === true && body.store === false)
    throw invalid("background", "a background response has to be stored; leave out store, or background");
}

function responseFormat(asked: NonNullable<ResponseRequest["text"]>["format"]): ResponseFormat | undefined {
  if (asked?.type === "json_object") return { type: "json_object" };
  if (asked?.type !== "json_schema") return undefined;
  const { name, schema, description, strict } = asked;
  return {
    type: "json_schema",
    name: name ?? "response",
    schema: schema ?? {},
    description: description ?? undefined,
    strict: strict ?? undefined,
  };
}

type Said = Extract<Piece, { kind: "assistant" }>;

interface Conversation {
  readonly given: readonly string[];
  readonly turns: readonly UnreadTurn[];
  readonly turnParams: readonly string[];
}

function joinPieces(pieces: readonly (Piece | undefined)[], params: readonly string[]): Conversation {
  const given: string[] = [];
  const turns: UnreadTurn[] = [];
  const turnParams: string[] = [];
  /** What the assistant has said and done since the last turn of anybody else's. */
  let said: Said[] = [];
  let saidFrom = "";
  const closeSaid = (): void => {
    // Thinking alone is no turn.
    if (said.some(({ text, refusal, call }) => (text ?? refusal ?? call) !== undefined)) {
      turns.push(assistantTurn(said));
      turnParams.push(saidFrom);
    }
    said = [];
  };
  for (const [index, piece] of pieces.entries()) {
    const param = params[index] ?? "input";
    if (piece?.kind === "instructions") given.push(piece.text);
    if (piece?.kind === "assistant") {
      if (said.length === 0) saidFrom = param;
      said.push(piece);
    }
    if (piece?.kind === "turn") {
      closeSaid();
      turns.push(piece.turn);
      turnParams.push(piece.turn.role === "tool" ? `${param}.call_id` : param);
    }
  }
  closeSaid();
  return { given, turns, turnParams };
}

export const joinInstructions = (texts: readonly string[]): string =>
  texts.filter((text) => text !== "").join("\n\n");

function assistantTurn(said: readonly Said[]): AssistantTurn {
  const joined = (texts: readonly (string | undefined)[]): string | undefined =>
    texts.some((text) => text !== undefined) ? texts.join("") : undefined;
  return {
    role: "assistant",
    text: said.map(({ text }) => text ?? "").join(""),
    refusal: joined(said.map(({ refusal }) => refusal)),
    thinking: joined(said.map(({ thinking }) => thinking)),
    calls: said.map(({ call }) => call).filter((call) => call !== undefined),
  };
}

function unsupported(param: string, reason: string): GatewayError {
  return new GatewayError("unsupported_value", `${param}: ${reason}`, { param });
}

function invalid(param: string, reason: string): GatewayError {
  return new GatewayError("invalid_value", `${param}: ${reason}`, { param });
}
