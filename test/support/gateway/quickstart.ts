/** The configuration of `npm start`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import JSON5 from "json5";
import type { ConfigInput } from "../../../contracts/config/config.ts";
import { packageRoot } from "../../../server/lib/package.ts";

export const quickstart: ConfigInput = JSON5.parse(
  readFileSync(join(packageRoot, "examples/quickstart.json5"), "utf8"),
);
