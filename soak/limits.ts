/** Goes to each limit of a gateway with its defaults, and one step beyond. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { createGateway, headers } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { createChatBody } from "./talk.ts";

/** What was found, and what the limit says. */
interface Probe {
  readonly name: string;
  readonly found: string;
  readonly expected: string;
}

export interface LimitsReport {
  readonly probes: readonly Probe[];
  /** Seconds until a request whose headers, or whose body, did not arrive was ended. */
  readonly headerSeconds: number;
  readonly bodySeconds: number;
  /** Bytes that a rejected caller could send before its connection was closed. */
  readonly rejectedBodyBytes: number;
}

export async function runLimits(): Promise<LimitsReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const { url } = gateway;
  const post = async (path: string, body: string, extra: Record<string, string> = {}): Promise<string> => {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { ...headers, ...extra },
      body,
    });
    await response.body?.cancel();
    return String(response.status);
  };
  const chat = "/v1/chat/completions";
  const text = createQuestion("limits/1");
  const fill = (bytes: number): string => createChatBody({ text: `${text} ${"x".repeat(bytes)}` });
  const nest = (depth: number): string =>
    `{"model":"openclaw","messages":[{"role":"user","content":"${text}"}],"extra":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
  const list = (count: number): string =>
    JSON.stringify({
      model: "openclaw",
      messages: Array.from({ length: count }, () => ({ role: "user", content: text })),
    });

  const slow = Promise.all([
    measureEnd(url, "GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "),
    measureEnd(
      url,
      `POST ${chat} HTTP/1.1\r\nHost: ${new URL(url).host}\r\nAuthorization: ${headers.authorization}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    ),
  ]);
  const pairs: readonly (readonly [name: string, expected: string, found: () => Promise<string>])[] = [
    [
      "headers of 15 KB, and of 17 KB",
      "200, 431",
      async () => `${await post(chat, fill(1), pad(15))}, ${await post(chat, fill(1), pad(17))}`,
    ],
    [
      "a body of 19.9 MB, and of 20.1 MB",
      "200, 413",
      async () => `${await post(chat, fill(19_900_000))}, ${await post(chat, fill(20_100_000))}`,
    ],
    [
      "a tool call of 2.1 MB",
      "413",
      () => post("/tools/invoke", JSON.stringify({ tool: "x", args: { a: "x".repeat(2_100_000) } })),
    ],
    [
      "JSON of depth 64, and 65",
      "200, 400",
      async () => `${await post(chat, nest(64))}, ${await post(chat, nest(65))}`,
    ],
    ["60 000 values", "400", () => post(chat, `{"extra":[${"1,".repeat(60_000)}1]}`)],
    [
      "2 000 messages, and 2 001",
      "200, 400",
      async () => `${await post(chat, list(2_000))}, ${await post(chat, list(2_001))}`,
    ],
    ["a socket frame of 65 KiB before connect", "1009", () => findCloseCode(url, 65 * 1_024)],
    ["a run more than 32 at once and 64 that wait", "503", () => overfill(url)],
    ["a request more than 16 that wait for one session", "429", () => overfillSession(url)],
    ["wrong credentials, the tenth and the eleventh", "401, 429", () => guess(url)],
  ];
  const probes: Probe[] = [];
  for (const [name, expected, find] of pairs) probes.push({ name, expected, found: await find() });
  const rejectedBodyBytes = await sendRejectedBody(url);
  const [headerSeconds, bodySeconds] = await slow;
  return { probes, headerSeconds, bodySeconds, rejectedBodyBytes };
}

const pad = (kilobytes: number): Record<string, string> => ({ "x-padding": "x".repeat(kilobytes * 1_000) });

/** Resolves to the seconds until the connection is closed. */
function measureEnd(url: string, text: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.resume().on("error", () => {});
    socket.once("close", () => resolve((performance.now() - startedAt) / 1_000));
  });
}

function findCloseCode(url: string, bytes: number): Promise<string> {
  const ws = new WebSocket(url.replace(/^http/, "ws"));
  return new Promise((resolve) => {
    ws.once("open", () => ws.send("x".repeat(bytes)));
    ws.on("error", () => {});
    ws.once("close", (code) => resolve(String(code)));
  });
}

const ask = (url: string, name: string, signal: AbortSignal, session?: string): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { ...headers, ...(session !== undefined && { "x-openclaw-session-key": session }) },
    body: createChatBody({ text: createQuestion(name, { wait: 20_000 }) }),
    signal,
  });

/** Starts so many runs that take long, and asks once more. Resolves to the status of that. */
async function fillThenAsk(url: string, count: number, session?: string): Promise<string> {
  const leaving = new AbortController();
  const runs = Array.from({ length: count }, (_, index) =>
    ask(url, `full/${session ?? ""}${index}`, leaving.signal, session).catch(() => {}),
  );
  await sleep(3_000);
  const last = await ask(url, "full/last", AbortSignal.timeout(15_000), session).then(
    ({ status }) => String(status),
    () => "it waits",
  );
  leaving.abort();
  await Promise.all(runs);
  await sleep(1_000);
  return last;
}
const overfill = (url: string): Promise<string> => fillThenAsk(url, 32 + 64);
const overfillSession = (url: string): Promise<string> => fillThenAsk(url, 1 + 16, "limits");

async function guess(url: string): Promise<string> {
  const statuses: number[] = [];
  for (let number = 0; number < 11; number += 1) {
    const response = await fetch(`${url}/v1/models`, {
      headers: { authorization: `Bearer wrong-${number}` },
    });
    await response.body?.cancel();
    statuses.push(response.status);
  }
  return statuses.slice(9).join(", ");
}

/** Sends a body without a credential until the connection is closed. Resolves to the bytes that were taken. */
function sendRejectedBody(url: string): Promise<number> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve) => {
    const chunk = Buffer.alloc(16_384, "x");
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n`,
      );
      send();
    });
    const send = (): void => {
      while (!socket.destroyed && socket.write(chunk));
      socket.once("drain", send);
    };
    socket.resume().on("error", () => {});
    socket.once("close", () => resolve(socket.bytesWritten - socket.writableLength));
  });
}
