/** What an API has of its own. Everything else is the same for all that are spoken through a package of the AI SDK. */
import type { JSONObject, LanguageModelV4 } from "@ai-sdk/provider";
import type { ModelCall } from "../../types.ts";

export interface Api {
  readonly name: string;
  /** Where it is unless the configuration says otherwise; its last part is the version. */
  readonly baseUrl: string;
  /** The package's name for its options and for what it wants back. */
  readonly namespace: string;
  readonly knowsStop: boolean;
  /** Each text of a turn is a message, and not a stretch of the one. */
  readonly textsAreMessages: boolean;
  credential(apiKey: string): Readonly<Record<string, string>>;
  /** The package is loaded when it is first needed: without, the gateway starts faster. */
  open(connection: Connection, modelId: string): Promise<LanguageModelV4>;
  /** Throws for what the API cannot do. */
  prepare(call: ModelCall, target: Target): Prepared;
  /** The object of an event that has the error, if there is one. */
  errorIn(event: unknown): unknown;
  /** Has the model said all with this event? `last`: and nothing follows. */
  completes(event: unknown): "no" | "yes" | "last";
}

export interface Connection {
  readonly baseURL: string;
  readonly fetch: typeof fetch;
}

/** Who is asked. */
export interface Target {
  readonly modelId: string;
  /** Tells this model from all others; what a provider wants back goes nowhere else. */
  readonly key: string;
  /** The maker of the API, and not a server that speaks it too. */
  readonly official: boolean;
}

export interface Prepared {
  /** The call as the API can take it. */
  readonly call: ModelCall;
  readonly options: JSONObject;
}
