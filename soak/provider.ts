/** A model provider in its own process. It outlives the gateway and records every call. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createAnswer, readQuestion, type Script } from "./question.ts";

export interface Call {
  readonly name: string;
  /** The number of questions in the conversation, including this one. */
  readonly questions: number;
  /** True when another question of the session is still being answered. */
  readonly isOverlapping: boolean;
  /** True when the complete response was sent. */
  isFinished: boolean;
  /** When the response ended or its connection closed, in microseconds of the clock that all processes share. */
  closedAt: number | undefined;
}

export interface Provider extends AsyncDisposable {
  readonly baseUrl: string;
  /** The calls of one session, in order. */
  calls(session: string): Promise<readonly Call[]>;
}

export async function startProvider(host = "127.0.0.1"): Promise<Provider> {
  const child = spawn(process.execPath, [import.meta.filename, host], { stdio: ["pipe", "pipe", "inherit"] });
  const [origin] = (await once(child.stdout, "data")) as [Buffer];
  return {
    baseUrl: `${origin.toString()}/v1`,
    calls: async (session) => {
      const response = await fetch(`${origin.toString()}/calls?session=${encodeURIComponent(session)}`);
      return (await response.json()) as readonly Call[];
    },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, "exit");
    },
  };
}

/** Returns the time in microseconds of the monotonic clock that all processes of the machine share. */
export const microseconds = (): number => Number(process.hrtime.bigint() / 1_000n);

interface Message {
  readonly role: string;
  readonly content: string | readonly { readonly text?: string }[] | null;
}
interface ChatRequest {
  readonly messages: readonly Message[];
  readonly stream?: boolean;
}

const envelope = { id: "chatcmpl-soak", created: 1_700_000_000, model: "scripted" };
const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };
const toolCall = { id: "call_1", type: "function", function: { name: "session_status", arguments: "{}" } };

const readText = ({ content }: Message): string =>
  typeof content === "string" ? content : (content ?? []).map(({ text = "" }) => text).join("");

function createHandler(): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const sessions = new Map<string, Call[]>();
  return async (req, res) => {
    const url = new URL(req.url ?? "", "http://provider");
    if (url.pathname === "/calls") {
      res.end(JSON.stringify(sessions.get(url.searchParams.get("session") ?? "") ?? []));
      return;
    }
    const body = Buffer.concat(await req.toArray()).toString();
    const { messages, stream = false } = JSON.parse(body) as ChatRequest;
    const questions = messages.filter(({ role }) => role === "user");
    const { name, session, script } = readQuestion(
      readText(questions.at(-1) ?? { role: "user", content: null }),
    );
    const calls = sessions.get(session) ?? [];
    sessions.set(session, calls);
    const isOverlapping = calls.some((call) => call.closedAt === undefined && call.name !== name);
    const call: Call = {
      name,
      questions: questions.length,
      isOverlapping,
      isFinished: false,
      closedAt: undefined,
    };
    calls.push(call);
    res.once("close", () => {
      call.closedAt = microseconds();
      call.isFinished = res.writableFinished;
    });
    if (script.wait !== undefined) await sleep(script.wait);
    const callsTool = script.tool === 1 && messages.at(-1)?.role !== "tool";
    if (stream) await sendStream(res, name, script, callsTool);
    else sendUnstreamed(res, name, callsTool);
  };
}

function sendUnstreamed(res: ServerResponse, name: string, callsTool: boolean): void {
  const message = callsTool ? { content: null, tool_calls: [toolCall] } : { content: createAnswer(name) };
  const finish_reason = callsTool ? "tool_calls" : "stop";
  const choices = [{ index: 0, message: { role: "assistant", ...message }, finish_reason }];
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify({ ...envelope, object: "chat.completion", choices, usage }));
}

async function sendStream(
  res: ServerResponse,
  name: string,
  { chunks = 0, size = 10, every = 0 }: Script,
  callsTool: boolean,
): Promise<void> {
  const chunk = (delta: object, finish_reason: string | null = null): string => {
    const choices = [{ index: 0, delta, finish_reason }];
    return `data: ${JSON.stringify({ ...envelope, object: "chat.completion.chunk", choices })}\n\n`;
  };
  res.writeHead(200, { "content-type": "text/event-stream" });
  const end = `${chunk({}, callsTool ? "tool_calls" : "stop")}data: [DONE]\n\n`;
  if (callsTool) {
    res.end(chunk({ tool_calls: [{ index: 0, ...toolCall }] }) + end);
    return;
  }
  if (chunks === 0) res.write(chunk({ content: createAnswer(name) }));
  const contentChunk = chunk({ content: "x".repeat(size) });
  for (let sentCount = 0; sentCount < chunks && !res.destroyed; sentCount += 1) {
    if (!res.write(contentChunk)) await waitForDrain(res);
    if (every > 0) await sleep(every);
  }
  res.end(end);
}

/** Resolves when the response drains or closes. */
async function waitForDrain(res: ServerResponse): Promise<void> {
  const listeners = new AbortController();
  const { signal } = listeners;
  await Promise.race([once(res, "drain", { signal }), once(res, "close", { signal })]);
  listeners.abort();
}

if (import.meta.main) {
  const handle = createHandler();
  const server = createServer({ keepAliveTimeout: 65_000 }, (req, res) => {
    handle(req, res).catch((error: unknown) => res.destroy(error as Error));
  }).listen(0, process.argv[2]);
  await once(server, "listening");
  process.stdout.write(`http://${process.argv[2]}:${(server.address() as AddressInfo).port}`);
  // Exits with the process that started it, also when that was killed.
  process.stdin.resume().once("end", () => process.exit());
}
