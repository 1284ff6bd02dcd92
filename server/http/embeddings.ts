/** POST /v1/embeddings: texts become vectors by the embedding model of an agent. */
import type { ReplyOf, RequestOf } from "../../contracts/endpoint.ts";
import type { createEmbedding } from "../../contracts/http/embeddings.ts";
import type { Embedders } from "../agent/models/embeddings/embedders.ts";
import type { FindRoute } from "../agent/route.ts";
import { GatewayError } from "../errors.ts";
import type { Handler } from "./handler.ts";

interface EmbeddingParts {
  readonly findRoute: FindRoute;
  readonly embedders: Embedders;
  /** Resolves to the way out once there is room for another call. */
  readonly enter: (signal: AbortSignal) => Promise<() => void>;
}

type Contract = typeof createEmbedding;

export function createEmbeddingHandler(parts: EmbeddingParts): Handler<Contract> {
  return ({ body, headers, credential, signal }) => {
    const texts = textsOf(body.input);
    const backendModel = headers["x-openclaw-model"];
    const { agent } = parts.findRoute({
      surface: "embeddings",
      credential: credential.name,
      agentId: headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"],
      model: body.model,
      sessionKey: undefined,
      user: undefined,
      backendModel,
    });
    const ref = backendModel ?? parts.embedders.refOf(agent.id);
    const embed = parts.embedders.get(ref);
    if (embed === undefined) throw noEmbeddings(ref, agent.id);

    const answer = async (): Promise<ReplyOf<Contract>> => {
      const leave = await parts.enter(signal);
      try {
        const { vectors, tokens = 0 } = await embed(
          { texts, dimensions: body.dimensions ?? undefined },
          signal,
        );
        const encode =
          body.encoding_format === "base64" ? base64 : (vector: readonly number[]) => [...vector];
        return {
          object: "list",
          data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: encode(vector) })),
          model: body.model,
          usage: { prompt_tokens: tokens, total_tokens: tokens },
        };
      } catch (thrown) {
        if (signal.aborted && !(signal.reason instanceof GatewayError))
          throw new GatewayError("run_aborted", "The caller has left.", { cause: thrown });
        throw thrown;
      } finally {
        leave();
      }
    };
    return { reply: answer(), headers: { "x-openclaw-agent-id": agent.id } };
  };
}

/** Throws a 400 for texts that have been made into tokens: of which model's, nobody can tell. */
function textsOf(input: RequestOf<Contract>["body"]["input"]): readonly string[] {
  const given = typeof input === "string" ? [input] : input;
  const texts = given.filter((each) => typeof each === "string");
  if (texts.length === given.length && texts.length > 0) return texts;
  throw new GatewayError("unsupported_value", "input: token numbers are not understood; send the texts", {
    param: "input",
  });
}

function noEmbeddings(ref: string, agentId: string): GatewayError {
  return new GatewayError(
    "unsupported_value",
    `The embedding model ${JSON.stringify(ref)} of the agent "${agentId}" cannot be asked: embeddings come from builtin/embedding, and from providers of OpenAI's API. Set agents.defaults.embeddingModel.`,
    { param: "model" },
  );
}

function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
