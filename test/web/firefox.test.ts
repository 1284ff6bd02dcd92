import { beforeAll, expect, test } from "vitest";
import { enterKey, hasFirefox, launchFirefox } from "../support/clients/firefox.ts";
import { buildWebPage } from "../support/clients/web-page.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";

beforeAll(buildWebPage, 120_000);

test.skipIf(!hasFirefox)(
  "in Firefox (needs it under /usr/bin): sign in, an answer, a tool, every view",
  async () => {
    const { url } = await startTestGateway();
    const { open, evaluate, type, problems } = await launchFirefox();
    const waitFor = (expression: string): Promise<void> =>
      expect.poll(() => evaluate(expression), { interval: 100 }).toBe(true);
    await open(url);
    await waitFor("document.activeElement?.type === 'password'");
    await type(token + enterKey);
    await waitFor("document.querySelector('textarea') !== null");
    await evaluate("document.querySelector('textarea').focus()");
    await type(`say **hello**${enterKey}`);
    await waitFor("document.querySelector('.markdown strong')?.textContent === 'hello'");
    await type(`/tool exec {"command": "echo a tool"}${enterKey}`);
    await waitFor(
      "document.querySelector('.tool pre:last-child')?.textContent.startsWith('a tool') === true",
    );
    const views = String(
      await evaluate("[...document.querySelectorAll('#menu nav a')].map((a) => a.hash).join()"),
    );
    expect(views).toContain("#/usage");
    for (const view of views.split(",").filter((hash) => hash.lastIndexOf("/") === 1)) {
      await evaluate(`(location.hash = ${JSON.stringify(view)}, '')`);
      await waitFor(`location.hash === ${JSON.stringify(view)} && document.querySelector('h1') !== null`);
      expect([view, await evaluate("document.documentElement.scrollWidth <= innerWidth")]).toEqual([
        view,
        true,
      ]);
    }
    expect(problems).toEqual([]);
  },
);
