/** Runs `openclaw` in a checkout, with the quick start's configuration and the checkout's own state folder. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
process.env["OPENCLAW_CONFIG_PATH"] ??= join(root, "examples/quickstart.json5");
process.env["OPENCLAW_STATE_DIR"] ??= join(root, ".openclaw");
// Compiling takes a third of a start. The cache keeps the result.
enableCompileCache(join(root, "node_modules/.cache/compiled"));
await import("../cli/main.ts");
