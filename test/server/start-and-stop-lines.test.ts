import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway/gateway.ts";

test("the log begins with what runs where, and ends with a line that a killed gateway does not write", async () => {
  const gateway = await startTestGateway();
  await gateway.stop();
  const lines = gateway.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.find(({ message }) => message === "gateway started")).toMatchObject({
    level: "info",
    version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    url: gateway.url,
    config: expect.stringContaining("openclaw.json") as string,
    stateDir: gateway.stateDir,
    pid: process.pid,
  });
  expect(lines.at(-1)).toMatchObject({
    message: "gateway stopped",
    pid: process.pid,
    uptimeSeconds: expect.any(Number) as number,
  });
});
