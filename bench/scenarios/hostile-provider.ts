/** A provider whose answers do not end, with the gateway's default limits. `npm run soak -- hostile-provider` sends more of them. */
import { loadHostileCases } from "../../soak/hostile-load.ts";
import { createHostileConfig, startHostileProvider } from "../../soak/hostile-provider.ts";
import type { BenchContext, Round } from "../scenario.ts";
import { percentile } from "../statistics.ts";

export async function measureHostileProvider(context: BenchContext): Promise<readonly Round[]> {
  await using provider = await startHostileProvider(1_000);
  const server = await context.start("gateway", {
    stateName: "hostile",
    changeConfig: (config) => {
      const hostile = createHostileConfig(provider);
      const providers = { ...config.models?.providers, ...hostile.models?.providers };
      const agents = {
        ...config.agents,
        list: [{ id: "main", default: true }, ...(hostile.agents?.list ?? [])],
      };
      return { ...config, agents, models: { providers } };
    },
  });
  const report = await loadHostileCases(server, { repeats: 1, connections: 16 });
  await server.stop();
  for (const fault of report.faults) console.error(`hostile provider: ${fault}`);
  return [
    {
      gateway: {
        hostileMegabytes: report.addedMegabytes,
        hostileHealthP99: percentile(report.healthMs, 0.99),
        hostileFaults: report.faults.length,
      },
    },
  ];
}
