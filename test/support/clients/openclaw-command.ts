/** The command `openclaw`, as the documents name it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../server/lib/package.ts";
import { createTemporaryFolder } from "../gateway/gateway.ts";

/** Creates a folder with the command `openclaw`, which runs `npm run openclaw` of the checkout. */
export function createCommandFolder(): string {
  const folder = createTemporaryFolder();
  const script = join(packageRoot, "scripts/openclaw.ts");
  writeFileSync(join(folder, "openclaw"), `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, {
    mode: 0o755,
  });
  return folder;
}
