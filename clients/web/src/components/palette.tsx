/** The palette: a part of a name finds a view, a session or an action. Ctrl-K opens it. */
import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { VNode } from "preact";
import { goTo } from "../lib/route.ts";
import { useLoad } from "../lib/use-load.ts";
import { can, requireSocket, signOut } from "../store/connection.ts";
import { activeRun, stop } from "../store/conversation.ts";
import { titleOf } from "../store/store.ts";
import { strings } from "../strings.ts";
import { listViews } from "../views/views.ts";

export const isPaletteOpen = signal(false);

const maxFound = 12;

interface Choice {
  readonly name: string;
  readonly kind: string;
  readonly run: () => void;
}

/** Opens the palette from anywhere in the page. */
export function usePaletteKey(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      isPaletteOpen.value = !isPaletteOpen.value;
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}

export async function startChat(): Promise<void> {
  const { key } = await requireSocket().call("sessions.create", {});
  goTo("chat", key);
}

async function loadChoices(): Promise<readonly Choice[]> {
  const { palette, views, chat } = strings;
  const active = activeRun.peek();
  const choices: Choice[] = listViews().map(({ name }) => ({
    name: views[name],
    kind: palette.view,
    run: () => goTo(name),
  }));
  if (can("operator.write", "run"))
    choices.push({ name: chat.new, kind: palette.action, run: () => void startChat() });
  if (active?.sessionKey !== undefined) {
    const { sessionKey, id } = active;
    choices.push({ name: chat.stop, kind: palette.action, run: () => void stop(sessionKey, id) });
  }
  choices.push({ name: strings.signOut, kind: palette.action, run: () => signOut() });
  if (!can("operator.read")) return choices;
  const { sessions } = await requireSocket().call("sessions.list", {
    limit: 200,
    includeDerivedTitles: true,
  });
  return [
    ...choices,
    ...sessions.map((session) => ({
      name: titleOf(session),
      kind: `${palette.session} · ${session.key}`,
      run: () => goTo("chat", session.key),
    })),
  ];
}

export function Palette(): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [search, setSearch] = useState("");
  const [position, setPosition] = useState(0);
  const { value: choices = [] } = useLoad(loadChoices);
  // Before the next key: after a paint the first letters would go to the page.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const words = search.toLowerCase();
  const found = choices
    .filter(({ name, kind }) => `${name} ${kind}`.toLowerCase().includes(words))
    .slice(0, maxFound);
  const current = Math.min(position, found.length - 1);
  const choose = (choice: Choice | undefined): void => {
    dialog.current?.close();
    // The event `close` comes later, and the next Ctrl-K may come before it.
    isPaletteOpen.value = false;
    choice?.run();
  };
  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label={strings.palette.label}
      onClose={() => (isPaletteOpen.value = false)}
      onClick={({ target }) => target === dialog.current && choose(undefined)}
    >
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `palette-${current}` : undefined}
        aria-label={strings.palette.label}
        placeholder={strings.palette.label}
        autocomplete="off"
        autofocus
        value={search}
        onInput={(event) => {
          setSearch(event.currentTarget.value);
          setPosition(0);
        }}
        onKeyDown={(event) => {
          const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (step !== 0) setPosition((current + step + found.length) % found.length);
          else if (event.key === "Enter") choose(found[current]);
          else return;
          event.preventDefault();
        }}
      />
      <ul id="palette-list" role="listbox" aria-label={strings.palette.label}>
        {found.map((choice, index) => (
          <li
            key={`${choice.kind} ${choice.name}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === current}
            onClick={() => choose(choice)}
          >
            <span>{choice.name}</span> <span class="muted">{choice.kind}</span>
          </li>
        ))}
      </ul>
    </dialog>
  );
}
