/** Finds the model file in OPENCLAW_TEST_GGUF, for tests that run one. It needs the package node-llama-cpp. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../server/lib/package.ts";

const configuredFile = process.env["OPENCLAW_TEST_GGUF"];
export const hasLlamaPackage = existsSync(join(packageRoot, "node_modules/node-llama-cpp/package.json"));
export const ggufFile =
  configuredFile !== undefined && existsSync(configuredFile) && hasLlamaPackage ? configuredFile : undefined;
