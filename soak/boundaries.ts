/** Tries to get past the checks of a request without what they ask for. Nothing may get through. */
import { connect } from "node:net";
import { createGateway, headers } from "./gateway.ts";
import { startProvider } from "./provider.ts";

export interface BoundariesReport {
  readonly attempts: number;
  /** Attempts that were not answered as they must be. */
  readonly faults: readonly string[];
  /** Lines of the log with the secret. */
  readonly leaks: number;
}

const paths = [
  "//v1/models",
  "/V1/models",
  "/v1/%6dodels",
  "/v1/models/",
  "/v1/./models",
  "/x/../v1/models",
  "/v1/models;x",
  "/v1/models%00",
  "/%2e%2e/v1/models",
  "/v1\\models",
  "/v1/models?x=/healthz",
  "/sessions",
  "/audit",
  "/usage",
  "/metrics",
];

export async function runBoundaries(): Promise<BoundariesReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const { url } = gateway;
  const { host } = new URL(url);
  const own = `Host: ${host}\r\n`;
  const right = `Authorization: ${headers.authorization}\r\n`;
  const chat = "POST /v1/chat/completions HTTP/1.1\r\n";
  const json = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
  const attempts: readonly (readonly [name: string, statuses: readonly number[], request: string])[] = [
    ...paths.map((path) => [path, [400, 401, 404], `GET ${path} HTTP/1.1\r\n${own}\r\n`] as const),
    ["an absolute form", [401], `GET http://${host}/v1/models HTTP/1.1\r\n${own}\r\n`],
    ["a foreign Host", [421], `GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n${right}\r\n`],
    ["a path in Host", [400, 421], `GET /v1/models HTTP/1.1\r\nHost: ${host}/healthz\r\n${right}\r\n`],
    ["two Hosts", [400], `GET /v1/models HTTP/1.1\r\n${own}Host: localhost\r\n${right}\r\n`],
    ["two credentials", [400], `GET /v1/models HTTP/1.1\r\n${own}${right}${right}\r\n`],
    ["a foreign Origin", [403], `${chat}${own}${right}Origin: https://evil.example\r\n${json}`],
    ["another site", [403], `${chat}${own}${right}Sec-Fetch-Site: cross-site\r\n${json}`],
    ["a form", [415], `${chat}${own}${right}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`],
    [
      "UTF-16",
      [415],
      `${chat}${own}${right}Content-Type: application/json; charset=utf-16\r\nContent-Length: 2\r\n\r\n{}`,
    ],
    [
      "two codings",
      [415],
      `${chat}${own}${right}Content-Type: application/json\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      "a length and a coding",
      [400],
      `${chat}${own}${right}Content-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ["forwarded by nobody", [401], `GET /v1/models HTTP/1.1\r\n${own}X-Forwarded-For: 127.0.0.1\r\n\r\n`],
    ["a wrong credential", [401], `GET /v1/models HTTP/1.1\r\n${own}Authorization: Bearer wrong\r\n\r\n`],
    [
      "the secret in the query",
      [401],
      `GET /v1/models?token=${headers.authorization.slice(7)} HTTP/1.1\r\n${own}\r\n`,
    ],
  ];
  const faults: string[] = [];
  for (const [name, statuses, request] of attempts) {
    const status = await sendRaw(url, request);
    if (!statuses.includes(status)) faults.push(`${name}: ${status}, not ${statuses.join(" or ")}`);
  }
  await gateway.end("SIGTERM");
  const secret = headers.authorization.slice(7);
  const leaks = gateway
    .readLog()
    .split("\n")
    .filter((line) => line.includes(secret)).length;
  return { attempts: attempts.length, faults, leaks };
}

/** Resolves to the status of the first response; 0 without one. */
function sendRaw(url: string, request: string): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => socket.write(request));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.once("close", () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0)));
    socket.setTimeout(10_000, () => socket.destroy());
  });
}
