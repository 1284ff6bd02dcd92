/** A hundred edits and more of the configuration under fifty streams: no request fails, and the process stays the same. */
import { setTimeout as sleep } from "node:timers/promises";
import { renameSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { chatConfig, createChatBody, postChat } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { request } from "../support/gateway/keys.ts";

const editCount = 100;
const streamCount = 50;

const valid = (round: number): string =>
  JSON.stringify({
    ...chatConfig,
    gateway: { ...chatConfig.gateway, limits: { maxConcurrentRuns: 64 + (round % 7) } },
    agents: { defaults: { instructions: `Round ${round}.`, maxSteps: 1 + (round % 30) } },
    tools: { deny: round % 2 === 0 ? ["exec"] : ["web_fetch"] },
  });
const broken = (round: number): string =>
  ["{ gateway: { prot: 1 } }", "{ // half", '{ agents: { defaults: { model: "nobody/x" } } }'][round % 3] ??
  "";

test("100 edits or more, every third broken, under 50 streams: 0 failed requests, 0 restarts", async () => {
  const gateway = await startGatewayProcess({ config: JSON.parse(valid(0)) as typeof chatConfig });
  const editing = new AbortController();
  let completed = 0;
  const failures: string[] = [];
  const stream = async (): Promise<void> => {
    while (!editing.signal.aborted) {
      const answer = await postChat(gateway.url, createChatBody("/slow 20ms\n/length 20", { stream: true }));
      const text = await answer.text();
      if (answer.status === 200 && text.endsWith("data: [DONE]\n\n")) completed += 1;
      else failures.push(`${answer.status} ${text.slice(-200)}`);
    }
  };
  const streams = Array.from({ length: streamCount }, stream);
  const edit = (content: string): void => {
    const file = `${gateway.configPath}.new`;
    writeFileSync(file, content);
    renameSync(file, gateway.configPath);
  };
  const count = (message: string): number => gateway.output().split(message).length - 1;
  const hasSeenEnough = (): boolean =>
    count("configuration applied") > 10 && count("configuration not applied") > 3;
  // On a busy machine the gateway sees fewer of them.
  for (let round = 1; round <= editCount || !hasSeenEnough(); round += 1) {
    edit(round % 3 === 0 ? broken(round / 3) : valid(round));
    await sleep(100);
  }
  edit(valid(editCount));
  editing.abort();
  await Promise.all(streams);

  expect(failures).toEqual([]);
  expect(completed).toBeGreaterThan(streamCount);
  expect(gateway.child.exitCode).toBeNull();
  const readStatus = async (): Promise<unknown> =>
    ((await (await request(gateway, "/readyz")).json()) as { readonly config: unknown }).config;
  await expect.poll(readStatus).toEqual({ applied: true, restartRequired: [], problems: [] });
  expect(await gateway.end("SIGTERM")).toBe(0);
});
