/** The views of the menu, and the scopes of which one is needed to see each. */
import type { FunctionComponent } from "preact";
import { can } from "../store/connection.ts";
import type { strings } from "../strings.ts";
import { Chat } from "./chat.tsx";
import { Api } from "./api.tsx";
import { Audit } from "./audit.tsx";
import { Configuration } from "./configuration.tsx";
import { Keys } from "./keys.tsx";
import { Logs } from "./logs.tsx";
import { Models } from "./models.tsx";
import { Runs } from "./runs.tsx";
import { Sessions } from "./sessions.tsx";
import { Tools } from "./tools.tsx";
import { Usage } from "./usage.tsx";

interface View {
  readonly name: keyof typeof strings.views;
  readonly component: FunctionComponent;
  readonly scopes: readonly string[];
}

const views: readonly View[] = [
  { name: "chat", component: Chat, scopes: ["operator.read", "run"] },
  { name: "runs", component: Runs, scopes: ["operator.read", "run"] },
  { name: "sessions", component: Sessions, scopes: ["operator.read"] },
  { name: "usage", component: Usage, scopes: ["operator.read", "run"] },
  { name: "models", component: Models, scopes: ["operator.read", "run"] },
  { name: "tools", component: Tools, scopes: ["operator.read"] },
  { name: "keys", component: Keys, scopes: ["operator.admin"] },
  { name: "config", component: Configuration, scopes: ["operator.read"] },
  { name: "logs", component: Logs, scopes: ["operator.read"] },
  { name: "audit", component: Audit, scopes: ["operator.admin"] },
  { name: "api", component: Api, scopes: ["operator.read", "run", "tools"] },
];

export const listViews = (): readonly View[] => views.filter(({ scopes }) => can(...scopes));
