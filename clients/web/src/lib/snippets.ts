/** Writes a message as a program that sends it. The credential is the name of a variable, never its text. */

interface Request {
  readonly origin: string;
  readonly agentId: string;
  readonly sessionKey: string;
  readonly message: string;
}

type Language = "curl" | "Node" | "Python";

export const languages: readonly Language[] = ["curl", "Node", "Python"];

export function toSnippet(language: Language, request: Request): string {
  return writers[language](request);
}

const writers: Readonly<Record<Language, (request: Request) => string>> = {
  curl: ({ origin, sessionKey, agentId, message }) =>
    [
      `curl -N ${origin}/v1/chat/completions`,
      `-H "Authorization: Bearer $OPENCLAW_GATEWAY_TOKEN"`,
      `-H "Content-Type: application/json"`,
      `-H ${quoteForShell(`x-openclaw-session-key: ${sessionKey}`)}`,
      `-H "x-openclaw-events: tools"`,
      `-d ${quoteForShell(JSON.stringify({ model: `openclaw:${agentId}`, messages: [{ role: "user", content: message }], stream: true }))}`,
    ].join(" \\\n  "),
  // A text of JSON is a literal of JavaScript and of Python.
  Node: ({ origin, sessionKey, agentId, message }) => `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: ${JSON.stringify(`${origin}/v1`)},
  apiKey: process.env.OPENCLAW_GATEWAY_TOKEN,
  defaultHeaders: { "x-openclaw-session-key": ${JSON.stringify(sessionKey)} },
});
const stream = await client.chat.completions.create({
  model: ${JSON.stringify(`openclaw:${agentId}`)},
  messages: [{ role: "user", content: ${JSON.stringify(message)} }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
`,
  Python: ({ origin, sessionKey, agentId, message }) => `import os
from openai import OpenAI

client = OpenAI(
    base_url=${JSON.stringify(`${origin}/v1`)},
    api_key=os.environ["OPENCLAW_GATEWAY_TOKEN"],
    default_headers={"x-openclaw-session-key": ${JSON.stringify(sessionKey)}},
)
stream = client.chat.completions.create(
    model=${JSON.stringify(`openclaw:${agentId}`)},
    messages=[{"role": "user", "content": ${JSON.stringify(message)}}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
`,
};

/** Quotes any text as one word of a shell. */
const quoteForShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
