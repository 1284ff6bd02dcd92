/** `openclaw dashboard`: opens the page for people, signed in. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitFailure, exitOk } from "./exit-codes.ts";
import { gatewayHelp, withSocket } from "./with-gateway.ts";

export const dashboard = defineCommand({
  name: "dashboard",
  summary: "open the page for people in the browser, signed in",
  positionals: [],
  options: {
    "no-open": { description: "print the address and open no browser" },
    ...jsonOption,
  },
  details: `The address has a code that signs in one browser tab, once, within a minute.
${gatewayHelp}`,
  example: "openclaw dashboard --no-open",
  run: ({ options }, io) =>
    withSocket(io, { json: options.json }, async (socket, { url, secret }) => {
      const { code, expiresAt, pagePath } = await socket.call("auth.code", { secret: secret ?? "none" });
      if (pagePath === null) {
        io.err("The page is off. Set gateway.controlUi.enabled to true.");
        return exitFailure;
      }
      const page = new URL(pagePath, url);
      if (secret !== undefined) page.hash = `code=${code}`;
      if (options.json) io.out(JSON.stringify({ url: page.href, expiresAt }));
      if (!options["no-open"] && (await openBrowser(page.href, io.env))) {
        if (!options.json) io.out(`Opened ${url}${pagePath === "/" ? "" : pagePath} in the browser.`);
        return exitOk;
      }
      if (!options.json) io.out(page.href);
      return exitOk;
    }),
});

/** Resolves to false where there is no browser to open. */
async function openBrowser(address: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const [program = "", ...args] = getOpener(process.platform, env);
  if (program === "") return false;
  const child = spawn(program, [...args, address], { stdio: "ignore", detached: true });
  child.unref();
  return once(child, "spawn").then(
    () => true,
    () => false,
  );
}

function getOpener(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): readonly string[] {
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? ["xdg-open"] : [];
}
