/** Examples of POST /v1/embeddings with the built-in model. */
import { examplesFor } from "../endpoint.ts";
import { createEmbedding } from "../http/embeddings.ts";

const usage = { prompt_tokens: 7, total_tokens: 7 } as const;

export const embeddings = examplesFor(
  createEmbedding,
  [
    {
      title: "Two texts",
      request: {
        body: { model: "openclaw", input: ["The weather in Oslo.", "Oslo's weather, now."], dimensions: 8 },
      },
      reply: {
        object: "list",
        data: [
          {
            object: "embedding",
            index: 0,
            embedding: [0.258199, -0.516398, 0.129099, 0.129099, 0.129099, 0.774597, 0, -0.129099],
          },
          {
            object: "embedding",
            index: 1,
            embedding: [0.312348, -0.624695, 0, 0, 0.156174, 0.312348, 0.624695, 0],
          },
        ],
        model: "openclaw",
        usage,
      },
    },
    {
      title: "A text, in base64",
      request: {
        body: {
          model: "openclaw",
          input: "The weather in Oslo.",
          dimensions: 8,
          encoding_format: "base64",
        },
      },
      reply: {
        object: "list",
        data: [{ object: "embedding", index: 0, embedding: "qTKEPqkyBL+HMgQ+hzIEPocyBD79S0Y/AAAAAIcyBL4=" }],
        model: "openclaw",
        usage: { prompt_tokens: 4, total_tokens: 4 },
      },
    },
    {
      title: "Numbers of tokens instead of text",
      request: { body: { model: "openclaw", input: [1820, 25] } },
      error: {
        code: "unsupported_value",
        message: "input: token arrays are not supported; send texts",
        param: "input",
      },
    },
    {
      title: "An agent that does not exist",
      request: { body: { model: "openclaw:nobody", input: "Hello." } },
      error: { code: "model_not_found", message: 'No agent "nobody". Agents: main, coder.', param: "model" },
    },
  ],
  { "x-openclaw-agent-id": "main" },
);
