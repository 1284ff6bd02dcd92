/** A model provider whose answers are written here: OpenAI's chat completions, streamed. */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { frame } from "../../contracts/sse.ts";

/** A step of an answer. A pause comes only where somebody watches. */
type Step =
  | { readonly thinking: string }
  | { readonly text: string }
  | { readonly tool: string; readonly args: object };

interface Answer {
  /** A part of the last user message. */
  readonly to: string;
  /** One list for each call of the model. */
  readonly calls: readonly (readonly Step[])[];
}

const folders = String.raw`printf '1.2G\tlogs\n640M\tcache\n85M\tuploads\n'`;

const answers: readonly Answer[] = [
  {
    to: "What takes space",
    calls: [
      [
        { thinking: "They ask about the data folder. I look first, and then say what is safe to delete." },
        { text: "I look at what is there." },
        { tool: "exec", args: { command: folders } },
      ],
      [
        {
          text: [
            "Most of it is logs:",
            "| folder | size | safe to delete |\n| --- | ---: | --- |\n| `logs` | 1.2 GB | older than a week |\n| `cache` | 640 MB | yes, it is rebuilt |\n| `uploads` | 85 MB | no |",
            "This keeps the last week of logs:",
            "```sh\nfind logs -name '*.log' -mtime +7 -delete\n```",
          ].join("\n\n"),
        },
      ],
    ],
  },
  {
    to: "Why does the build",
    calls: [
      [
        { tool: "read", args: { path: "build.log" } },
        { tool: "exec", args: { command: "npm run build --if-present && exit 2" } },
      ],
      [
        {
          text: "Two things fail:\n\n1. `build.log` does not exist, so nothing was written before.\n2. The command ended with **exit code 2**.\n\n> Run it once by hand, and look at the first line that mentions `error`.\n\n```ts\nexport function retry<T>(action: () => Promise<T>, times = 3): Promise<T> {\n  return action().catch((error: unknown) => (times > 1 ? retry(action, times - 1) : Promise.reject(error)));\n}\n```\n\nThe mean of the last runs is $\\bar{x} = \\frac{1}{n}\\sum_{i=1}^{n} x_i$, about 41 s.",
        },
      ],
    ],
  },
  {
    to: "Watch the deployment",
    calls: [
      [
        { thinking: "The deployment takes a while. I follow its log." },
        {
          tool: "exec",
          args: {
            command:
              'for step in fetch build test upload switch check; do echo "$(date +%H:%M) $step: done"; sleep 30; done',
          },
        },
      ],
      [{ text: "The deployment is done." }],
    ],
  },
];

const plain: Answer = {
  to: "",
  calls: [[{ text: "Done. I noted it in `notes.md`, and nothing else has changed." }]],
};

const asText = (content: unknown): string =>
  typeof content === "string"
    ? content
    : Array.isArray(content)
      ? content.map((part: { readonly text?: string }) => part.text ?? "").join("")
      : "";

interface Message {
  readonly role: string;
  readonly content?: unknown;
}

export async function startDemoProvider(): Promise<{ readonly server: Server; readonly baseUrl: string }> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as {
        readonly messages: readonly Message[];
      };
      await writeAnswer(body.messages, response);
    })().catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

async function writeAnswer(messages: readonly Message[], response: ServerResponse): Promise<void> {
  const questionIndex = messages.findLastIndex(({ role }) => role === "user");
  const question = asText(messages[questionIndex]?.content);
  const { calls } = answers.find(({ to }) => question.includes(to)) ?? plain;
  const isFollowUp = messages.slice(questionIndex).some(({ role }) => role === "tool");
  const steps = calls[isFollowUp ? 1 : 0] ?? [];
  const write = (delta: object, finish: string | null = null, usage?: object): void => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices, ...usage };
    response.write(frame(JSON.stringify(chunk)));
  };
  response.setHeader("content-type", "text/event-stream");
  let toolCount = 0;
  for (const step of steps) {
    if ("thinking" in step) write({ reasoning_content: step.thinking });
    else if ("text" in step)
      for (const word of step.text.split(/(?<= )/)) {
        write({ content: word });
        await sleep(1);
      }
    else {
      const id = `call_${questionIndex}_${toolCount}`;
      const call = { name: step.tool, arguments: JSON.stringify(step.args) };
      write({ tool_calls: [{ index: toolCount, id, type: "function", function: call }] });
      toolCount += 1;
    }
  }
  const size = JSON.stringify(messages).length;
  write({}, toolCount > 0 ? "tool_calls" : "stop", {
    usage: {
      prompt_tokens: Math.round(size / 4),
      completion_tokens: 40 + (size % 160),
      prompt_tokens_details: { cached_tokens: Math.round(size / 8) },
    },
  });
  response.end(frame("[DONE]"));
}
