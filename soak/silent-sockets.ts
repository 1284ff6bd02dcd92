/** Two thousand upgrades and half-open requests that send nothing more, from the address of a client that logs in once a second. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { createGateway, headers } from "./gateway.ts";
import { startProvider } from "./provider.ts";

export interface SilentSocketsReport {
  /** Milliseconds until the challenge of each login, which has its credential in the upgrade. */
  readonly loginMs: readonly number[];
  readonly failedLogins: number;
  /** Milliseconds until each silent connection was closed. */
  readonly lifetimesMs: readonly number[];
}

export async function runSilentSockets(sockets: number, seconds: number): Promise<SilentSocketsReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const { hostname, port } = new URL(gateway.url);
  const silent = new Set<Socket>();
  const lifetimesMs: number[] = [];
  let openedCount = 0;
  const openSilent = (): void => {
    const isUpgrade = (openedCount += 1) % 4 !== 0;
    const openedAt = performance.now();
    const socket = connect(Number(port), hostname, () => {
      socket.write(isUpgrade ? upgrade(hostname) : `GET / HTTP/1.1\r\nHost: ${hostname}\r\nX-Half: `);
    });
    silent.add(socket);
    // A socket that is cut off is replaced, so that their number stays.
    socket.resume().once("error", () => {});
    socket.once("close", () => {
      silent.delete(socket);
      if (performance.now() < end) lifetimesMs.push(performance.now() - openedAt);
      if (performance.now() < end) setTimeout(openSilent, 100);
    });
  };
  const end = performance.now() + seconds * 1_000;
  for (let opened = 0; opened < sockets; opened += 1) openSilent();

  const loginMs: number[] = [];
  let failedLogins = 0;
  while (performance.now() < end) {
    await sleep(1_000);
    const ms = await measureLogin(gateway.url);
    if (ms === undefined) failedLogins += 1;
    else loginMs.push(ms);
  }
  for (const socket of silent) socket.destroy();
  return { loginMs, failedLogins, lifetimesMs };
}

const upgrade = (host: string): string =>
  `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;

function measureLogin(url: string): Promise<number | undefined> {
  const startedAt = performance.now();
  const ws = new WebSocket(url.replace(/^http/, "ws"), {
    headers: { authorization: headers.authorization },
  });
  return new Promise<number | undefined>((resolve) => {
    ws.once("message", () => resolve(performance.now() - startedAt));
    ws.once("error", () => resolve(undefined));
  }).finally(() => ws.terminate());
}
