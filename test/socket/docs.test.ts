import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { events, methods } from "../../contracts/index.ts";
import { pascal } from "../../contracts/describe/socket-schemas.ts";
import { packageRoot } from "../../server/package.ts";
import { hasBrowser, launchBrowser, openPage } from "../support/browser.ts";
import { startTestGateway } from "../support/gateway.ts";

beforeAll(() => {
  execFileSync(process.execPath, [join(packageRoot, "scripts/docs.ts"), "--if-stale"]);
}, 120_000);

test("/asyncapi.yaml has every method, every event, and nothing else but the handshake", async () => {
  const { url } = await startTestGateway();
  const response = await fetch(`${url}/asyncapi.yaml`);
  expect(response.headers.get("content-type")).toBe("application/yaml; charset=utf-8");
  const document = parse(await response.text()) as {
    readonly asyncapi: string;
    readonly operations: Readonly<Record<string, { readonly action: string; readonly title: string }>>;
  };
  expect(document.asyncapi).toBe("3.0.0");
  const titles = (action: string): readonly string[] =>
    Object.values(document.operations)
      .filter((operation) => operation.action === action)
      .map(({ title }) => title);
  expect(titles("receive")).toEqual(["connect", ...Object.keys(methods)]);
  expect(titles("send")).toEqual(["connect.challenge", ...Object.keys(events)]);
});

test("the names of the document are the names of the contracts", () => {
  expect(pascal("agent.identity.get")).toBe("AgentIdentityGet");
  expect(pascal("system-presence")).toBe("SystemPresence");
});

describe.skipIf(!hasBrowser)("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  }, 60_000);
  afterAll(() => browser?.close());

  test(
    "/docs/socket shows the methods and the events, and asks no other host",
    { timeout: 60_000 },
    async () => {
      const { url } = await startTestGateway();
      const { page, complaints } = await openPage(browser, url);
      await page.goto(`${url}/docs/socket`);
      expect(await page.title()).toContain("OpenClaw");
      await page.getByRole("link", { name: /^Runs/ }).last().click();
      await page.getByText("Ask an agent").first().waitFor();
      await page.getByText("agent.wait").first().waitFor();
      expect(complaints).toEqual([]);
    },
  );
});
