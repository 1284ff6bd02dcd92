/** The folders of the server and what each may import: the same table as in docs/architecture.md. */

/** Folder → what it may import besides itself. `types` after a path: type imports only. */
export const allowedImports: Readonly<Record<string, readonly string[]>> = {
  lib: ["contracts/"],
  documents: ["server/lib/"],
  fetch: ["server/lib/"],
  config: ["server/lib/", "contracts/"],
  auth: ["server/lib/", "contracts/"],
  transport: ["server/lib/", "contracts/"],
  webhooks: ["server/fetch/", "server/lib/", "contracts/"],
  agent: ["server/documents/", "server/fetch/", "server/lib/", "contracts/"],
  telemetry: ["server/agent/types.ts", "server/agent/run-observer.ts", "server/lib/", "contracts/"],
  attachments: [
    "server/documents/",
    "server/fetch/",
    "server/lib/",
    "contracts/config/",
    "server/agent/types.ts",
  ],
  dialects: ["server/agent/", "server/attachments/", "server/lib/", "contracts/"],
  http: [
    "server/transport/",
    "server/dialects/",
    "server/auth/",
    "server/telemetry/",
    "server/agent/",
    "server/attachments/",
    "server/lib/",
    "contracts/",
  ],
  socket: [
    "server/transport/",
    "server/dialects/",
    "server/auth/",
    "server/telemetry/",
    "server/agent/",
    "server/attachments/",
    "server/lib/",
    "contracts/",
  ],
};
