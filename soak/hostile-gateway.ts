/** Every answer of the hostile provider, with the gateway's default limits. */
import { createGateway, headers } from "./gateway.ts";
import { loadHostileCases, type HostileReport } from "./hostile-load.ts";
import { createHostileConfig, startHostileProvider } from "./hostile-provider.ts";

export async function runHostileProvider(repeats: number): Promise<HostileReport> {
  await using provider = await startHostileProvider(1_000);
  await using gateway = await createGateway({ config: createHostileConfig(provider) });
  await gateway.start();
  const { url, pid } = gateway;
  return await loadHostileCases({ url, pid, headers }, { repeats, connections: 16 });
}
