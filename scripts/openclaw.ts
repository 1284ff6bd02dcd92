/** Runs `openclaw` in a checkout, with the quick start's configuration and the checkout's own state folder. */
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
process.env["OPENCLAW_CONFIG_PATH"] ??= join(root, "examples/quickstart.json5");
process.env["OPENCLAW_STATE_DIR"] ??= join(root, ".openclaw");
await import("../cli/main.ts");
