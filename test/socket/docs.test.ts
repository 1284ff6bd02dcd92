import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { events, methods } from "../../contracts/index.ts";
import { toPascalCase } from "../../contracts/describe/socket-schemas.ts";
import type { Method, SocketEvent } from "../../contracts/socket/method.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { describeInBrowser, openPage } from "../support/clients/browser.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";

/** Every method and every event with its tag. */
const all = [
  ...Object.values<Method>(methods).map(({ method: name, tag }) => ({ name, tag })),
  ...Object.values<SocketEvent>(events).map(({ event: name, tag }) => ({ name, tag })),
];

beforeAll(() => {
  execFileSync(process.execPath, [join(packageRoot, "scripts/docs.ts"), "--if-stale"]);
});

test("/asyncapi.yaml has every method and every event, the handshake and /v1/responses, and nothing else", async () => {
  const { url } = await startTestGateway();
  const response = await fetch(`${url}/asyncapi.yaml`);
  expect(response.headers.get("content-type")).toBe("application/yaml; charset=utf-8");
  const document = parse(await response.text()) as {
    readonly asyncapi: string;
    readonly operations: Readonly<Record<string, { readonly action: string; readonly title: string }>>;
  };
  expect(document.asyncapi).toBe("3.1.0");
  const titles = (action: string): readonly string[] =>
    Object.values(document.operations)
      .filter((operation) => operation.action === action)
      .map(({ title }) => title);
  expect(titles("receive")).toEqual(["connect", ...Object.keys(methods), "response.create"]);
  expect(titles("send")).toEqual(["connect.challenge", ...Object.keys(events), "response.*"]);
});

test("the names in the document are the names of the contracts", () => {
  expect(toPascalCase("agent.identity.get")).toBe("AgentIdentityGet");
  expect(toPascalCase("system-presence")).toBe("SystemPresence");
});

describeInBrowser("in a browser", (getBrowser) => {
  test("/docs/socket shows every method and every event, complains of nothing and asks no other host", async () => {
    const { url } = await startTestGateway();
    const { page, problems } = await openPage(getBrowser(), url);
    await page.goto(`${url}/docs/socket`);
    expect(await page.title()).toContain("OpenClaw");
    for (const [subject, names] of Map.groupBy(all, ({ tag }) => tag)) {
      const link = page.getByRole("link", { name: new RegExp(`^${subject}`) });
      await link.last().click();
      for (const { name } of names) await page.getByText(name, { exact: true }).first().waitFor();
    }
    expect(problems).toEqual([]);
  });
});
