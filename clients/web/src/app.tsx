/** The frame: the menu, the sessions that were used last, and one view. */
import { useEffect, useRef } from "preact/hooks";
import type { VNode } from "preact";
import { isMenuOpen } from "./components/view-bar.tsx";
import { isPaletteOpen, Palette, startChat, usePaletteKey } from "./components/palette.tsx";
import { route, toHash } from "./lib/route.ts";
import { isReconnecting, signOut, socket } from "./store/connection.ts";
import { recentSessions, titleOf } from "./store/store.ts";
import { strings } from "./strings.ts";
import { SignIn } from "./views/sign-in.tsx";
import { listViews } from "./views/views.ts";

export function App(): VNode {
  return socket.value === undefined ? <SignIn /> : <Frame />;
}

function Frame(): VNode {
  const views = listViews();
  const view = views.find(({ name }) => name === route.value.view) ?? views[0];
  usePaletteKey();
  useEffect(() => {
    isMenuOpen.value = false;
  }, [route.value]);
  return (
    <div
      class="frame"
      onKeyDown={({ key }) => {
        if (key !== "Escape" || !isMenuOpen.value) return;
        isMenuOpen.value = false;
        document.querySelector<HTMLElement>(".menu")?.focus();
      }}
    >
      <a class="skip" href="#content" onClick={focusContent}>
        {strings.skip}
      </a>
      <Side current={view?.name} />
      <main id="content" tabIndex={-1} onClick={() => (isMenuOpen.value = false)}>
        {isReconnecting.value && (
          <p class="banner" role="alert">
            {strings.reconnecting}
          </p>
        )}
        {view === undefined ? <p class="empty">{strings.noView}</p> : <view.component />}
      </main>
      {isPaletteOpen.value && <Palette />}
    </div>
  );
}

/** The fragment is a place of the page, so the link moves the focus itself. */
function focusContent(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#content")?.focus();
}

function Side({ current }: { readonly current: string | undefined }): VNode {
  const menu = useRef<HTMLDivElement>(null);
  const isOpen = isMenuOpen.value;
  useEffect(() => {
    if (isOpen) menu.current?.querySelector("a")?.focus();
  }, [isOpen]);
  return (
    <div id="menu" ref={menu} class={isOpen ? "side open" : "side"}>
      <nav aria-label={strings.menu}>
        {listViews().map(({ name }) => (
          <a key={name} href={toHash(name)} aria-current={name === current ? "page" : undefined}>
            {strings.views[name]}
          </a>
        ))}
      </nav>
      <button type="button" class="find" onClick={() => (isPaletteOpen.value = true)}>
        {strings.palette.open} <kbd>Ctrl K</kbd>
      </button>
      <Recent />
      <button type="button" class="quiet" onClick={() => signOut()}>
        {strings.signOut}
      </button>
    </div>
  );
}

function Recent(): VNode {
  const sessions = recentSessions.value;
  return (
    <nav class="recent" aria-label={strings.chat.recent}>
      <button type="button" onClick={() => void startChat()}>
        {strings.chat.new}
      </button>
      {sessions.map((session) => (
        <a
          key={session.key}
          href={toHash("chat", session.key)}
          title={session.key}
          aria-current={route.value.view === "chat" && route.value.id === session.key ? "page" : undefined}
        >
          {titleOf(session)}
        </a>
      ))}
    </nav>
  );
}
