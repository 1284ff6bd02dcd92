/** POST /v1/embeddings: embeds texts with the embedding model of an agent. */
import type { ReplyOf, RequestOf } from "../../contracts/endpoint.ts";
import type { createEmbedding } from "../../contracts/http/embeddings.ts";
import type { Embedders } from "../agent/models/embeddings/embedders.ts";
import type { OpenAccount } from "../agent/account-call.ts";
import type { TokenEstimate } from "../agent/budgets.ts";
import type { NamedModel, Usage } from "../agent/types.ts";
import type { FindRoute } from "../agent/route.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Handler } from "./handler.ts";

interface EmbeddingDeps {
  readonly findRoute: FindRoute;
  readonly embedders: Embedders;
  readonly openAccount: OpenAccount;
  /** Returns the model with its prices, if it is configured. */
  readonly findModel: (ref: string) => Pick<NamedModel, "ref" | "cost"> | undefined;
  /** Waits for a free slot. Resolves to a release function; call it exactly once. */
  readonly acquireSlot: (signal: AbortSignal) => Promise<() => void>;
}

type Contract = typeof createEmbedding;

export function createEmbeddingHandler(deps: EmbeddingDeps): Handler<Contract> {
  return async ({ body, headers, credential, requestId, trace, signal }) => {
    const texts = readTexts(body.input);
    const backendModel = headers["x-openclaw-model"];
    const { agent } = deps.findRoute({
      surface: "embeddings",
      credential: credential.name,
      agentId: headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"],
      model: body.model,
      sessionKey: undefined,
      user: undefined,
      backendModel,
    });
    const ref = backendModel ?? deps.embedders.getModelRef(agent.id);
    const embed = deps.embedders.get(ref);
    if (embed === undefined) throw createUnsupportedModelError(ref, agent.id);

    const model = deps.findModel(ref) ?? { ref };
    const accountCall = await deps.openAccount({
      id: undefined,
      requestId,
      trace,
      credential: credential.name,
      agent,
      models: [model],
      sessionKey: undefined,
      clientSession: undefined,
    });

    const embedTexts = async (): Promise<ReplyOf<Contract>> => {
      const release = await deps.acquireSlot(signal);
      try {
        const { vectors, tokens = 0 } = await accountCall(
          { model, purpose: "embedding", estimate: () => estimateTexts(texts), signal },
          async () => {
            const result = await embed({ texts, dimensions: body.dimensions ?? undefined }, signal);
            return { ...result, usage: toUsage(result.tokens) };
          },
        );
        const encodeVector =
          body.encoding_format === "base64" ? encodeBase64 : (vector: readonly number[]) => [...vector];
        return {
          object: "list",
          data: vectors.map((vector, index) => ({
            object: "embedding",
            index,
            embedding: encodeVector(vector),
          })),
          model: body.model,
          usage: { prompt_tokens: tokens, total_tokens: tokens },
        };
      } catch (thrown) {
        if (signal.aborted && !(signal.reason instanceof GatewayError))
          throw new GatewayError("run_aborted", "The caller disconnected.", { cause: thrown });
        throw thrown;
      } finally {
        release();
      }
    };
    return { reply: embedTexts(), headers: { "x-openclaw-agent-id": agent.id } };
  };
}

/** English texts have about four characters in a token. */
const charactersPerToken = 4;

const estimateTexts = (texts: readonly string[]): TokenEstimate => ({
  input: Math.ceil(texts.reduce((sum, { length }) => sum + length, 0) / charactersPerToken),
  output: 0,
});

const toUsage = (tokens: number | undefined): Usage | undefined =>
  tokens === undefined ? undefined : { input: tokens, output: 0, cached: 0, cacheWrite: 0, reasoning: 0 };

/** Throws `unsupported_value` for token arrays: the request does not say which tokenizer made them. */
function readTexts(input: RequestOf<Contract>["body"]["input"]): readonly string[] {
  const inputs = typeof input === "string" ? [input] : input;
  const texts = inputs.filter((each) => typeof each === "string");
  if (texts.length === inputs.length && texts.length > 0) return texts;
  throw new GatewayError("unsupported_value", "input: token arrays are not supported; send texts", {
    param: "input",
  });
}

function createUnsupportedModelError(ref: string, agentId: string): GatewayError {
  return new GatewayError(
    "unsupported_value",
    `The embedding model ${JSON.stringify(ref)} of the agent "${agentId}" is not available: embeddings need builtin/embedding or a provider of OpenAI's API. Set agents.defaults.embeddingModel.`,
    { param: "model" },
  );
}

function encodeBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
