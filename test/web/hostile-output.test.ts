import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { describeWebPage, openSignedIn } from "../support/clients/web-page.ts";
import { startTestGateway } from "../support/gateway/gateway.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

const hostile = [
  "<script>window.pwned = 1</script>",
  '<img src=x onerror="window.pwned = 1">',
  "<svg onload=window.pwned=1><style>*{display:none}</style>",
  "[a link](javascript:window.pwned=1) [data](data:text/html,<script>window.pwned=1</script>)",
  "<a href='  javascript:window.pwned=1'>click</a>",
  "![picture](http://elsewhere.test/pixel.png)",
  "[page](https://elsewhere.test/)",
  '<iframe src="http://elsewhere.test/"></iframe><form action="http://elsewhere.test"><input name=body></form>',
  '<div style="position:fixed;inset:0;background:url(http://elsewhere.test/)">over</div>',
  "| a | b |\n|:--|--:|\n| <b onclick=window.pwned=1>x</b> | y |",
  "```html\n</code></pre><script>window.pwned = 1</script>\n```",
  "$\\frac{1}{2}$ stays readable",
].join("\n\n");

describeWebPage("hostile output", (getBrowser) => {
  // A violation of the policy is an error of the console.
  test("what a model writes is text: nothing runs, nothing is loaded, the policy has nothing to block", async () => {
    const { url } = await startTestGateway({ model: createScriptedModel([says(hostile)]) });
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    await ask("Attack.");
    await page.getByText("stays readable").waitFor();
    await page.getByText("tokens in").waitFor();

    const links = await page
      .locator(".markdown a")
      .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    // A picture is a link, and addresses in a text are links too.
    expect(links).toContain("http://elsewhere.test/pixel.png");
    expect(links.filter((link) => !/^https?:\/\/elsewhere\.test/.test(link ?? ""))).toEqual([]);
    expect(
      await page
        .locator(".markdown :is(script, img, svg, style, iframe, form, input, [style], [onclick])")
        .count(),
    ).toBe(0);
    expect(await page.evaluate(() => "pwned" in globalThis)).toBe(false);
    expect(problems).toEqual([]);
  });

  test("a tool's output is text, with marks that would turn it around made visible", async () => {
    const { url } = await startTestGateway();
    const { page, ask, problems } = await openSignedIn(getBrowser(), url);
    await ask(
      String.raw`/tool exec {"command": "printf '<img src=x onerror=alert(1)> \\342\\200\\256txt.exe'; head -c 5000000 /dev/zero | tr '\\\\0' x"}` +
        "\nDone.",
    );
    await page.getByText("Done.", { exact: true }).waitFor();
    await page.locator("details.tool").click();
    const output = await page.locator("details.tool pre").last().innerText();
    expect(output.length).toBeLessThan(21_000);
    expect(problems).toEqual([]);
  });
});
