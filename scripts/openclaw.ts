/** `openclaw` in a checkout: the quick start's configuration and a state folder of the checkout's own. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
process.env["OPENCLAW_CONFIG_PATH"] ??= join(root, "examples/quickstart.json5");
process.env["OPENCLAW_STATE_DIR"] ??= join(root, ".openclaw");
// A third of a start is work that was done the last time too.
enableCompileCache(join(root, "node_modules/.cache/compiled"));
await import("../cli/main.ts");
