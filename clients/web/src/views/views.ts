/** The views of the menu, and the scopes of which one is needed to see each. */
import type { FunctionComponent } from "preact";
import { can } from "../store/connection.ts";
import { Chat } from "./chat.tsx";

type ViewName = "chat";

interface View {
  readonly name: ViewName;
  readonly component: FunctionComponent;
  readonly scopes: readonly string[];
}

const views: readonly View[] = [{ name: "chat", component: Chat, scopes: ["operator.read", "run"] }];

export const listViews = (): readonly View[] => views.filter(({ scopes }) => can(...scopes));
