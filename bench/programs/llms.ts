/** Starts the gateway of `@musistudio/llms` with one provider. Its ES module does not load in Node 24, so it is required. */
import { createRequire } from "node:module";

type LlmsServer = new (options: object) => { start(): Promise<void> };

const require = createRequire(import.meta.url);
const { default: Server } = require("@musistudio/llms") as { readonly default: LlmsServer };

await new Server({
  useJsonFile: false,
  useEnvFile: false,
  logger: false,
  initialConfig: {
    HOST: "127.0.0.1",
    PORT: process.env["PORT"],
    providers: [
      {
        name: "scripted",
        api_base_url: `${process.env["UPSTREAM"] ?? ""}/v1/chat/completions`,
        api_key: "none",
        models: ["scripted"],
      },
    ],
  },
}).start();
