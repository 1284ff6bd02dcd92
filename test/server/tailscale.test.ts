/** The address of Tailscale, in a network of its own: the machine of the test need not have one. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { spawnOpenclaw } from "../support/gateway/gateway-process.ts";
import { hasNetworkNamespaces, inNetwork, runInNetworkOf } from "../support/sockets/network-namespace.ts";
import { createConfigFolder } from "../support/gateway/config-folder.ts";

const address = "100.101.102.103";

const isPossible = hasNetworkNamespaces();

interface TailnetGateway {
  readonly output: string;
  /** Requests this URL within the network, and returns the status. */
  readonly fetchStatus: (url: string) => string;
  readonly stop: () => Promise<void>;
}

async function startInNetwork(gateway: object, hasAddress: boolean): Promise<TailnetGateway> {
  const folder = createTemporaryFolder();
  const configPath = join(folder, "openclaw.json");
  writeFileSync(configPath, JSON.stringify({ gateway: { port: 18_789, ...gateway } }));
  const env = {
    OPENCLAW_CONFIG_PATH: configPath,
    OPENCLAW_STATE_DIR: folder,
    OPENCLAW_GATEWAY_PORT: "",
    OPENCLAW_GATEWAY_TOKEN: token,
  };
  const { child, output } = spawnOpenclaw(
    ["gateway"],
    env,
    inNetwork(...(hasAddress ? [`ip address add ${address}/32 dev lo`] : [])),
  );
  await expect.poll(output).toMatch(/Gateway +http|rror|efusing/);
  const script =
    "fetch(process.argv[1]).then((r) => console.log(r.status), (e) => console.log(e.cause.code))";
  return {
    output: output(),
    fetchStatus: (url) => runInNetworkOf(child.pid, [process.execPath, "-e", script, url]),
    async stop() {
      child.kill("SIGTERM");
      await once(child, "close");
    },
  };
}

test.skipIf(!isPossible)("bind tailnet listens on the address of Tailscale and on this machine", async () => {
  const gateway = await startInNetwork({ bind: "tailnet" }, true);
  expect(gateway.output).toContain("Gateway      http://127.0.0.1:18789");
  expect(gateway.output).toContain("from the network");
  expect(gateway.fetchStatus(`http://${address}:18789/healthz`)).toBe("200");
  expect(gateway.fetchStatus("http://127.0.0.1:18789/healthz")).toBe("200");
  expect(gateway.fetchStatus("http://127.0.0.2:18789/healthz")).toBe("ECONNREFUSED");
  await gateway.stop();
});

test.skipIf(!isPossible)("without the address it listens on this machine, and says so", async () => {
  const gateway = await startInNetwork({ bind: "tailnet" }, false);
  expect(gateway.output).toContain("Warning: Tailscale has given this machine no address");
  expect(gateway.output).toContain("from this machine only");
  expect(gateway.fetchStatus("http://127.0.0.1:18789/healthz")).toBe("200");
  await gateway.stop();
});

test.skipIf(!isPossible)("a weak secret is not exposed to the tailnet", async () => {
  const gateway = await startInNetwork({ bind: "tailnet", auth: { mode: "none" } }, true);
  expect(gateway.output).toContain(`Refusing to listen on ${address}: no credential is required`);
});

test.each(["serve", "funnel"])("tailscale mode %s says which command forwards to the gateway", (mode) => {
  const folder = createConfigFolder({ "openclaw.json": { gateway: { port: 4_000, tailscale: { mode } } } });
  const { warnings } = folder.load();
  expect(warnings.join()).toContain(`gateway.tailscale.mode: run \`tailscale ${mode} --bg 4000\``);
  expect(warnings.join()).toContain("gateway.http.allowedHosts");
});
