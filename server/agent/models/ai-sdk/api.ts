/** The differences between the APIs that are called through a package of the AI SDK. https://ai-sdk.dev/providers */
import type { JSONObject, LanguageModelV4, LanguageModelV4ProviderTool } from "@ai-sdk/provider";
import type { ModelCall, ToolDefinition } from "../../types.ts";

/** The AI SDK's id of OpenAI's custom tools. */
export const customToolId = "openai.custom";

export interface Api {
  readonly name: string;
  /** Used without a configured `baseUrl`; the last path segment is the API's version. */
  readonly baseUrl: string;
  /** Hosts of the API's maker, with those below them. */
  readonly officialHosts: readonly string[];
  /** The package's key in `providerOptions` and `providerMetadata`. */
  readonly namespace: string;
  readonly supportsStopSequences: boolean;
  /** Accepts `$ref` and `$defs` in the schemas of tools. */
  readonly supportsReferences: boolean;
  /** Each text of a turn is a message of its own, so two texts are separated by a blank line. */
  readonly hasMessagePerText: boolean;
  authHeaders(apiKey: string): Readonly<Record<string, string>>;
  /** Imports the package on first use, so that the gateway starts faster. */
  loadModel(connection: Connection, modelId: string): Promise<LanguageModelV4>;
  /** Throws for a call that the API does not support. */
  adaptCall(call: ModelCall, target: Target): AdaptedCall;
  /** Returns a native tool of the API. Undefined for a tool that is a function in the API. */
  toNativeTool?(tool: ToolDefinition, target: Target): LanguageModelV4ProviderTool | undefined;
  /** Returns a function that adds fields which the package leaves out of the request; undefined for a call without such fields. */
  completeBody?(call: ModelCall): ((body: Fields) => Fields) | undefined;
  /** Returns the part of a stream event in which an error would be. */
  findError(event: unknown): unknown;
  /** Creates the reader of one stream. */
  createEventReader(): EventReader;
  /** Whether the event has content, or begins some. */
  isContent(event: object): boolean;
  /** The events that complete a stream whose server ended it with `[DONE]` alone. */
  readonly lastEvents: readonly Fields[];
  /** The event that the package requires after the finish reason. Some servers end the stream without it. */
  readonly closingEvent?: Fields;
  /** Returns a whole reply as the events of a stream; none for JSON that is no reply. */
  toEvents(reply: Fields): readonly object[];
  /** The operation that counts the input tokens of a request, if the API has one. */
  readonly counter?: Counter;
  /** Whether the reply is complete with this event: `last` if no event follows, `yes` if usage may follow. */
  checkCompletion(event: unknown): "no" | "yes" | "last";
}

/** The fields of a JSON object that a provider sent. */
export type Fields = Readonly<Record<string, unknown>>;

/** Converts the events of a stream to events that the package accepts. */
export interface EventReader {
  /** Returns the events for the package; none for an event without content, or one that the API does not define. */
  read(event: Fields): readonly object[];
}

/** The package requires an id for each call, and some servers send none. */
export const nameMissingCall = (index: number): string => `${missingCallPrefix}${index}`;
export const isMissingCall = (id: string): boolean => id.startsWith(missingCallPrefix);
const missingCallPrefix = "openclaw:missing:";

/** Converts a request for a reply to a request that counts its input tokens. */
export interface Counter {
  /** Whether compatible servers are not called. */
  readonly isOfficialOnly: boolean;
  toUrl(url: string): string;
  toBody(body: Fields, modelId: string): Fields;
  /** Returns the count of the answer. */
  readCount(answer: Fields): unknown;
}

export interface Connection {
  readonly baseURL: string;
  readonly fetch: typeof fetch;
}

/** The model that a call goes to. */
export interface Target {
  readonly modelId: string;
  /** Identifies the model at its host. Provider metadata is sent back to the same model only. */
  readonly key: string;
  /** Whether the host is that of the API's maker, not of a compatible server. */
  readonly isOfficial: boolean;
  /** Whether tools of OpenAI's type `custom` are sent as such. */
  readonly supportsCustomTools: boolean;
  /** Whether the phases of texts are sent: to OpenAI, and to a server that has named one. */
  readonly supportsPhases: boolean;
}

export interface AdaptedCall {
  /** The call with the changes that the API requires. */
  readonly call: ModelCall;
  readonly options: JSONObject;
}
